// Keys: / search, Ctrl K palette, c create, e edit, ? the list of keys, j and k through rows, x chooses one, Enter opens.
const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
const dialog = (id) => document.getElementById(id);
let place = -1;

function rows() {
  return [...document.querySelectorAll("[data-rows] tr")];
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const focused = all.indexOf(document.activeElement?.closest("[data-rows] tr"));
  place = Math.max(0, Math.min(all.length - 1, (focused < 0 ? place : focused) + step));
  all.forEach((row, number) => row.toggleAttribute("data-current", number === place));
  all[place].querySelector("a")?.focus({ preventScroll: true });
  all[place].scrollIntoView({ block: "nearest" });
}

function toggle() {
  const focused = document.activeElement?.closest("[data-rows] tr");
  const row = focused ?? rows()[place];
  row?.querySelector('input[name="id"]')?.click();
}

const actions = {
  "/": () => document.querySelector("#list-search, #rail-search")?.focus(),
  c: () => document.querySelector('[data-key="c"]')?.click(),
  e: () => document.querySelector('[data-key="e"]')?.click(),
  "?": () => dialog("keys")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  x: toggle,
  Enter: () => rows()[place]?.querySelector("a")?.click(),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    dialog("palette")?.showModal();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "Enter" && (place < 0 || event.target.closest("a, button, summary"))) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
