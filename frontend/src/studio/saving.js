// Forms that save themselves: [data-saves] posts what it holds after each change and for each of its buttons, one after
// the other, and shows the page that comes back without losing the focus or what was typed in the meantime.
// Without this script the same forms have buttons for everything and come back as whole pages.
import htmx from "htmx.org";

const FORMS = "form[data-saves]";
const BESIDES = "#draft-bar,#draft-actions,#designer-actions";
const WAIT = 300;

async function save(form, button) {
  clearTimeout(form.waiting);
  form.steps ??= [];
  form.steps.push(button?.name ? { name: button.name, value: button.value } : null);
  if (form.busy) return;
  form.busy = true;
  try {
    for (let step; form.steps.length; ) {
      step = form.steps.shift();
      if (!step && form.steps.length) continue;
      Object.assign(form, { typed: new Map(), moved: false });
      await shown(form, step, await sent(form, step));
    }
  } finally {
    form.busy = false;
  }
}

function sent(form, step) {
  const values = new URLSearchParams(new FormData(form));
  if (step) values.append(step.name, step.value);
  form.setAttribute("aria-busy", "true");
  return fetch(form.getAttribute("action"), { method: "POST", body: values, headers: { accept: "text/html" } });
}

async function shown(form, step, response) {
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(form.id);
  form.removeAttribute("aria-busy");
  if (!fresh) return location.assign(response.url);
  if (response.redirected) history.replaceState(history.state, "", response.url);
  if (response.ok && (form.moved || (form.typed.size && !step))) return renumbered(form, fresh);
  const focused = spot();
  await htmx.swap({ sourceElement: form, target: form, swap: "outerMorph", text, select: `#${form.id}`, selectOOB: BESIDES });
  told(form);
  if (form.typed.size) again(form);
  if (!response.ok) form.querySelector("[data-focus]")?.focus();
  else if (step?.value.startsWith("open:")) arrived(form, step.value);
  else if (focused && document.activeElement !== focused()) focused()?.focus();
}

// What a button did is shown although somebody typed meanwhile; what was typed comes back and is saved next.
function again(form) {
  for (const [id, { value, checked }] of form.typed) {
    const input = document.getElementById(id);
    if (input) Object.assign(input, { value, checked });
  }
  form.waiting = setTimeout(() => save(form), WAIT);
}

function noticed(form, input) {
  if (input.id && input.matches("input, select, textarea")) form.typed?.set(input.id, { value: input.value, checked: input.checked });
  else form.moved = true;
}

// A part of the page was opened, or closed again: the focus goes there, or back to what had opened it.
function arrived(form, step) {
  const title = form.querySelector("#panel-title");
  if (title && step !== "open:") return title.focus(), title.scrollIntoView({ block: "nearest" });
  document.getElementById(form.left)?.focus();
}

// Somebody went on typing: what came back is older than what stands here, only its number counts.
function renumbered(form, fresh) {
  const version = form.elements.namedItem("_version");
  if (version) version.value = fresh.querySelector("[name=_version]").value;
}

// Morphing changes what boxes and lists say, but not what was picked in them.
function told(form) {
  for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = box.defaultChecked;
  for (const list of form.querySelectorAll("select")) {
    const chosen = [...list.options].filter((option) => option.defaultSelected);
    for (const option of list.options) option.selected = chosen.includes(option);
    if (!list.multiple && !chosen.length) list.selectedIndex = 0;
  }
  for (const input of form.querySelectorAll("input:not([type=checkbox], [type=radio], [type=file], [type=hidden])")) {
    input.value = input.defaultValue;
  }
}

// Where the focus is, to be found again after rows have moved.
function spot() {
  const element = document.activeElement;
  const row = element?.closest("[data-row]")?.id;
  if (element?.id) return () => document.getElementById(element.id);
  if (row && element.matches("[data-grip]")) return () => document.getElementById(row)?.querySelector("[data-grip]");
  if (element?.name === "do") return () => document.querySelector(`button[value="${CSS.escape(element.value)}"]:not(:disabled)`);
  return null;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches(FORMS) || event.defaultPrevented) return;
  event.preventDefault();
  form.left = event.submitter?.dataset.returns ?? event.submitter?.id;
  save(form, event.submitter);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest?.(FORMS);
  if (!form || event.target.closest("[data-unsaved]")) return;
  noticed(form, event.target);
  clearTimeout(form.waiting);
  form.waiting = setTimeout(() => save(form), WAIT);
});
document.addEventListener("input", (event) => {
  const form = event.target.closest?.(FORMS);
  if (form) noticed(form, event.target);
});
