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
  (panel.querySelector("input:not([type=hidden]), select, a") ?? panel).focus({ preventScroll: true });
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
