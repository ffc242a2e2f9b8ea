// Rows that people put in order: [data-sortable] holds [data-row]s, each with a [data-grip]. A grip is dragged, or moved
// with the arrow keys (left and right in and out of a row above, where lists are nested). The order is that of the inputs;
// buttons that the page has besides do the same without this script. Lists of one [data-group] exchange rows.
// Afterwards the list says "change", so that a form that saves by itself does so.
import Sortable from "sortablejs";

const LISTS = "[data-sortable]";

function rowsOf(list) {
  return [...list.children].filter((row) => row.matches("[data-row]"));
}

function told(row) {
  const rows = rowsOf(row.parentElement);
  document.getElementById("announce").textContent = `${rows.indexOf(row) + 1} / ${rows.length}`;
}

function settled(row) {
  const list = row.parentElement;
  for (const input of row.querySelectorAll("[data-depth]")) input.value = depthOf(input.closest("[data-row]"));
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

function depthOf(row) {
  let depth = 0;
  for (let list = row.parentElement.closest("[data-row]"); list; list = list.parentElement.closest("[data-row]")) depth += 1;
  return depth;
}

// Left: out of the row it stands in, and behind it. Right: to the end of the row before it.
function shifted(row, key) {
  const before = row.previousElementSibling;
  const outer = row.parentElement.closest("[data-row]");
  if (key === "ArrowUp" && before?.matches("[data-row]")) before.before(row);
  else if (key === "ArrowDown" && row.nextElementSibling?.matches("[data-row]")) row.nextElementSibling.after(row);
  else if (key === "ArrowLeft" && outer) outer.after(row);
  else if (key === "ArrowRight" && before && !rowsBelow(row)) before.querySelector(LISTS)?.append(row);
  else return false;
  return true;
}

function rowsBelow(row) {
  return row.querySelector(`${LISTS} [data-row]`) !== null;
}

function pressed(event) {
  const row = event.currentTarget.closest("[data-row]");
  const place = row.parentElement;
  if (!event.key.startsWith("Arrow") || !shifted(row, event.key)) return;
  event.preventDefault();
  event.currentTarget.focus();
  told(row);
  clearTimeout(place.waiting);
  place.waiting = setTimeout(() => settled(row), 600);
}

function gripped(grip) {
  const button = grip.closest("[data-row]").querySelector("button[value^='up:']");
  grip.tabIndex = 0;
  grip.removeAttribute("aria-hidden");
  grip.setAttribute("role", "button");
  grip.setAttribute("aria-label", grip.dataset.label || button?.getAttribute("aria-label") || "↕");
  grip.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown");
  grip.onkeydown = pressed;
}

// What the library says while something is dragged is not what forms wait for.
function quiet(event) {
  if (event.item) event.stopPropagation();
}

function enhance(root) {
  for (const list of root.querySelectorAll(LISTS)) {
    if (!list.sorting) list.addEventListener("change", quiet);
    list.sorting ??= new Sortable(list, {
      handle: "[data-grip]",
      draggable: "[data-row]",
      group: list.dataset.group || undefined,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      ghostClass: "t-ghost",
      onMove: ({ dragged, to }) => !(to.dataset.deepest !== undefined && rowsBelow(dragged)),
      onEnd: ({ item }) => settled(item),
    });
  }
  for (const grip of root.querySelectorAll(`${LISTS} [data-grip]`)) gripped(grip);
}

enhance(document);
document.addEventListener("htmx:after:swap", () => enhance(document));
