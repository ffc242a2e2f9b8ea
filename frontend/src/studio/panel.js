// The panel beside a table: it opens when its content arrives, follows the type, and a new key follows its label.
// Tables can be narrowed by typing. Without this script everything is links, buttons and whole pages.
const shown = () => document.getElementById("panel");

function opened(link) {
  const panel = shown();
  panel.closest(".t-split").classList.add("t-split-open");
  const row = link?.closest("tr");
  for (const other of document.querySelectorAll(".t-split tr[aria-selected]")) other.removeAttribute("aria-selected");
  row?.setAttribute("aria-selected", "true");
  panel.scrollTop = 0;
  (panel.querySelector("input:not([type=hidden], :disabled), select:not(:disabled), a") ?? panel).focus({ preventScroll: true });
}

function closed() {
  const panel = shown();
  panel.closest(".t-split").classList.remove("t-split-open");
  panel.replaceChildren();
  const row = document.querySelector(".t-split tr[aria-selected]");
  row?.removeAttribute("aria-selected");
  row?.querySelector("a")?.focus();
}

let asked = null;

document.addEventListener("click", (event) => {
  asked = event.target.closest("a[data-opens]") ?? asked;
  const close = event.target.closest("a[data-closes]");
  if (!close || !shown() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  history.replaceState(null, "", close.href);
  closed();
});

document.addEventListener("htmx:after:swap", () => {
  if (!asked || !shown()) return;
  opened(asked.isConnected ? asked : null);
  asked = null;
});

window.addEventListener("popstate", () => shown() && location.reload());

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-submits-panel]")) return;
  const act = document.createElement("input");
  Object.assign(act, { type: "hidden", name: "_act", value: "type" });
  event.target.form.append(act);
  event.target.form.requestSubmit();
});

// The key says what the label says, until somebody writes one.
const keyOf = (label, prefix) => {
  const plain = label.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return words && /^[a-z]/.test(words) ? (prefix + words).slice(0, 45) : "";
};

document.addEventListener("input", (event) => {
  const key = document.querySelector(`[data-key-from="${event.target.id}"]`);
  if (key && !key.dataset.touched) key.value = keyOf(event.target.value, key.dataset.prefix ?? "");
  if (event.target.matches("[data-key-from]")) event.target.dataset.touched = event.target.value ? "1" : "";
  if (event.target.matches("[data-narrows]")) narrow(event.target);
});

function narrow(input) {
  const wanted = input.value.trim().toLowerCase();
  for (const row of document.querySelectorAll(input.dataset.narrows)) row.hidden = !row.textContent.toLowerCase().includes(wanted);
}

for (const input of document.querySelectorAll("[data-narrows]")) input.hidden = false;

document.querySelector(".t-split tr[aria-selected]")?.scrollIntoView({ block: "nearest" });

// Rows of a table come, go and move without the page; the server says how the table looks then.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[name=_act]");
  const table = button?.closest("fieldset.t-options");
  if (!table) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(button.form));
  body.append(button.name, button.value);
  const response = await fetch(button.form.action, { method: "POST", body });
  if (!response.ok) return button.form.requestSubmit(button);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const legend = table.querySelector("legend").textContent;
  const fresh = [...page.querySelectorAll("fieldset.t-options")].find((one) => one.querySelector("legend").textContent === legend);
  if (!fresh) return;
  table.replaceWith(fresh);
  window.htmx?.process(fresh);
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  const again = [...fresh.querySelectorAll("button[name=_act]")].find((one) => one.value === button.value && !one.disabled);
  const added = button.value.startsWith("add:") && fresh.querySelector("[data-row]:last-child input.form-control");
  (added || again || fresh.querySelector("input.form-control") || fresh).focus();
});
