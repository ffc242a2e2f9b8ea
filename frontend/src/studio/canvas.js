// The form designer: dragging, keys, and properties that save themselves. Every step posts one operation and swaps the
// designer; without this script the same operations are plain buttons.
import htmx from "htmx.org";
import Sortable from "sortablejs";

const waiting = [];
let busy = false;
let here = "";
let focusing = null;

const designer = () => document.querySelector("[data-designer]");
const around = () => document.getElementById("content");
const picks = () => [...designer().querySelectorAll("[data-pick]")];
const current = () => designer().querySelector("[data-pick][aria-current]");
const listOf = (box) => box.parentElement.closest("[data-into]");
const boxesIn = (list) => [...list.children].filter((child) => child.matches("[data-box]"));

// One step after the other: what it is about is looked up when its turn comes, on the form as it is by then.
function soon(operation, focus) {
  waiting.push({ operation, focus });
  if (!busy) next();
}

function next() {
  const step = waiting.shift();
  const operation = step?.operation();
  if (!step || !designer()) return;
  if (!operation) return next();
  focusing = step.focus ?? (() => current());
  send(operation);
}

function send(operation) {
  const form = document.getElementById("form-edit");
  const button = document.createElement("button");
  Object.assign(button, { name: "do", value: new URLSearchParams(operation).toString(), hidden: true });
  form.append(button);
  busy = true;
  form.requestSubmit(button);
  button.remove();
}

function show(address, focus) {
  focusing = focus;
  busy = true;
  htmx.ajax("GET", address, { source: designer(), target: "#designer", swap: "outerMorph" });
}

// Where something goes that is dropped, or put behind what has the focus.
function placeOf(box) {
  const following = boxesIn(listOf(box));
  const behind = following[following.indexOf(box) + 1];
  return { into: listOf(box).dataset.into, before: behind?.dataset.key ?? "" };
}

function placeHere(operation) {
  const box = document.getElementById(here)?.closest("[data-box][data-path]");
  if (!box) return operation;
  const sort = listOf(box).dataset.sort;
  const section = box.closest(".t-blocks > [data-box]");
  if (["section", "related"].includes(operation.op) && section) return { ...operation, before: placeOf(section).before };
  if (operation.op !== "field") return operation;
  if (sort === "item") return { ...operation, ...placeOf(box) };
  const inner = sort === "section" && box.querySelector('[data-sort="item"]');
  return inner ? { ...operation, into: inner.dataset.into, before: "" } : operation;
}

// Dragging ------------------------------------------------------------------------

function accepts(list) {
  const { sort, into } = list.dataset;
  return (to, from, dragged) => {
    if (from.el.dataset.into) return from.el.dataset.sort === sort && (sort !== "column" || from.el.dataset.into === into);
    const field = dragged.querySelector("[data-offer]")?.matches("button");
    return from.el.dataset.offers === sort || (sort === "fact" && from.el.dataset.offers === "item" && field);
  };
}

function landed(event) {
  const { item, to, from } = event;
  const place = { into: to.dataset.into, before: nextKey(item) };
  if (from.dataset.offers !== undefined) return offered(item, place);
  if (to === from && event.oldDraggableIndex === event.newDraggableIndex) return;
  const path = item.dataset.path;
  soon(() => ({ op: "move", path, ...place }));
}

function nextKey(item) {
  for (let other = item.nextElementSibling; other; other = other.nextElementSibling) if (other.dataset.key) return other.dataset.key;
  return "";
}

function offered(item, place) {
  const offer = item.querySelector("[data-offer]");
  item.remove();
  if (offer.dataset.type) return show(withPlace(offer.href, place), () => document.getElementById("new-label"));
  const operation = Object.fromEntries(new URLSearchParams(offer.value));
  const asFact = place.into === "/header/facts";
  soon(() => ({ ...operation, ...place, ...(asFact ? { op: "fact" } : {}) }));
}

function withPlace(address, place) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(place)) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

const DRAGGING = { animation: 120, forceFallback: true, fallbackTolerance: 4, ghostClass: "t-ghost", delay: 160, delayOnTouchOnly: true, touchStartThreshold: 6, scroll: true, bubbleScroll: true };

function dragged(event) {
  designer().toggleAttribute("data-dragging", event.type === "start");
  if (event.type === "end" && event.to.dataset.into) landed(event);
}

function enhance() {
  const root = designer();
  if (!root) return;
  for (const list of root.querySelectorAll("[data-into]")) {
    if (Sortable.get(list)) continue;
    const section = list.dataset.sort === "section";
    const handle = section ? ".t-block-head" : undefined;
    Sortable.create(list, { ...DRAGGING, group: { name: list.dataset.sort, put: accepts(list) }, handle, draggable: "[data-box]", filter: ".t-moves, .t-moves *", preventOnFilter: false, onStart: dragged, onEnd: dragged });
  }
  for (const list of root.querySelectorAll("[data-offers]")) {
    if (Sortable.get(list)) continue;
    Sortable.create(list, { ...DRAGGING, group: { name: `offers-${list.dataset.offers}`, pull: "clone", put: false }, sort: false, draggable: "li", onStart: dragged, onEnd: dragged });
  }
  settled(root);
  for (const link of root.querySelectorAll("a")) link.draggable = false;
  rove(document.getElementById(here) ?? current());
  sift(root.querySelector("[data-search]"));
  for (const text of root.querySelectorAll("[data-expression] textarea")) recheck(text);
}

// The server has the last word on boxes and lists: morphing changes what a page says at first, not what was clicked.
function settled(root) {
  for (const input of root.querySelectorAll("[data-autosave] [type=radio], [data-autosave] [type=checkbox]")) input.checked = input.defaultChecked;
  for (const option of root.querySelectorAll("[data-autosave] option")) option.selected = option.defaultSelected;
}

// What is said about an expression stays when the designer is swapped; it is asked anew when the expression is another one.
const seen = new WeakMap();
function recheck(text) {
  if (seen.has(text) && seen.get(text) !== text.value) htmx.trigger(text, "check");
  seen.set(text, text.value);
}

// Keys ----------------------------------------------------------------------------

function rove(pick) {
  for (const other of picks()) other.tabIndex = other === pick ? 0 : -1;
}

const STEPS = { ArrowUp: "earlier", ArrowDown: "later", ArrowLeft: "before", ArrowRight: "behind" };
const SIDEWAYS = { ArrowLeft: "earlier", ArrowRight: "later" };

function stepped(pick, key) {
  const id = pick.id;
  const inside = listOf(pick.closest("[data-box]"))?.dataset.sort === "item";
  const towards = (inside ? STEPS : { ...STEPS, ...SIDEWAYS })[key];
  soon(() => pathed(id, (path) => ({ op: "step", path, towards })), () => document.getElementById(id));
}

function removed(pick) {
  const id = pick.id;
  soon(() => pathed(id, (path) => ({ op: "remove", path })));
}

function pathed(id, made) {
  const path = document.getElementById(id)?.dataset.path;
  return path ? made(path) : null;
}

// The next element in a direction, as one sees it.
function neighbour(from, key) {
  const all = picks();
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  const step = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  if (key === "ArrowLeft" || key === "ArrowRight") return all[all.indexOf(from) + step];
  const start = from.getBoundingClientRect();
  const far = (pick) => {
    const rect = pick.getBoundingClientRect();
    const down = (rect.top - start.top) * step;
    return down > 8 ? down * 3 + Math.abs(rect.left - start.left) : Infinity;
  };
  const nearest = all.reduce((best, pick) => (far(pick) < far(best) ? pick : best), all[0]);
  return far(nearest) < Infinity ? nearest : all[all.indexOf(from) + step];
}

function canvasKey(event, pick) {
  if (event.ctrlKey || event.metaKey) return;
  if (event.altKey && STEPS[event.key]) {
    event.preventDefault();
    if (pick.dataset.path) stepped(pick, event.key);
  } else if (!event.altKey && (STEPS[event.key] || event.key === "Home" || event.key === "End")) {
    event.preventDefault();
    neighbour(pick, event.key)?.focus();
  } else if ((event.key === "Delete" || event.key === "Backspace") && pick.dataset.path) {
    event.preventDefault();
    removed(pick);
  }
}

function paletteKey(event, offer) {
  if (!STEPS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const all = [...designer().querySelectorAll("[data-palette] [data-offer]")].filter((other) => other.offsetParent);
  const step = event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 1;
  all[all.indexOf(offer) + step]?.focus();
}

function historyKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const redo = key === "y" || (key === "z" && event.shiftKey);
  const text = event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea");
  if ((key !== "z" && key !== "y") || (text && event.target.value !== event.target.defaultValue)) return;
  event.preventDefault();
  const button = document.querySelector(redo ? "[data-redo]" : "[data-undo]");
  const focused = document.activeElement.id;
  if (!button.disabled) soon(() => ({ op: redo ? "redo" : "undo" }), () => document.getElementById(focused) ?? current());
}

document.addEventListener("keydown", (event) => {
  if (!designer()) return;
  historyKey(event);
  const pick = event.target.closest?.("[data-pick]");
  const offer = event.target.closest?.("[data-palette] [data-offer]");
  if (pick) canvasKey(event, pick);
  else if (offer) paletteKey(event, offer);
  else if (event.key === "Escape" && !event.defaultPrevented && event.target.closest?.("[data-props], .t-moves")) current()?.focus();
});

document.addEventListener("focusin", (event) => {
  const pick = event.target.closest?.("[data-pick]");
  if (!pick) return;
  here = pick.id;
  rove(pick);
});

// Choosing, putting on and properties ---------------------------------------------

document.addEventListener("click", (event) => {
  const root = designer();
  if (!root || !event.target.closest("[data-designer], [data-undo], [data-redo]")) return;
  const box = event.target.closest("[data-box]");
  const button = event.target.closest("button[name=do]");
  if (button && !event.defaultPrevented) pressed(event, button);
  else if (event.target.closest("[data-pick]")) picked(event, event.target.closest("[data-pick]").id);
  else if (event.target.closest("a[data-type]")) focusing = () => document.getElementById("new-label");
  else if (box && !event.target.closest("a, button, input, select, textarea, label")) box.querySelector("[data-pick]").click();
});

function picked(event, id) {
  focusing = event.detail === 0 ? () => firstInput() : () => document.getElementById(id);
}

function pressed(event, button) {
  event.preventDefault();
  const operation = Object.fromEntries(new URLSearchParams(button.value));
  if (!button.matches("[data-offer]")) return soon(() => operation, again(operation));
  const all = [...designer().querySelectorAll("[data-palette] [data-offer]")];
  const place = all.indexOf(button);
  soon(() => placeHere(operation), () => (event.detail === 0 ? designer().querySelectorAll("[data-palette] [data-offer]")[place] : current()));
}

// A button that was pressed keeps the focus, as long as it can be pressed again.
function again(operation) {
  return () => {
    if (operation.op === "undo" || operation.op === "redo") return document.querySelector(`[data-${operation.op}]:not(:disabled)`) ?? current();
    const button = operation.towards && designer().querySelector(`.t-moves [value$="towards=${operation.towards}"]:not(:disabled)`);
    return button || current();
  };
}

function firstInput() {
  const props = designer().querySelector("[data-props]");
  return props.querySelector("form input:not([type=hidden]), form textarea, form select") ?? props.querySelector("h2");
}

document.addEventListener("submit", (event) => event.target.matches("[data-adding]") && (focusing = () => current()));

// Sent at once, so that it comes before whatever the next click asks for.
const sent = new WeakMap();
function save(event) {
  const form = event.target.closest?.("form[data-autosave]");
  if (!form || !designer()?.contains(form)) return;
  if (event.type === "focusout" && (event.target.defaultValue === undefined || event.target.value === event.target.defaultValue)) return;
  const said = new URLSearchParams(new FormData(form)).toString();
  if (sent.get(form) === said) return;
  sent.set(form, said);
  form.requestSubmit();
}
document.addEventListener("change", save);
document.addEventListener("focusout", save);

function sift(search) {
  if (!search) return;
  const wanted = search.value.trim().toLowerCase();
  for (const item of search.parentElement.querySelectorAll('[data-offers="item"] li')) {
    const button = item.querySelector("button");
    if (button) item.hidden = wanted !== "" && !button.textContent.toLowerCase().includes(wanted);
  }
}
document.addEventListener("input", (event) => event.target.matches("[data-search]") && designer() && sift(event.target));

const isOurs = (event) => event.detail?.ctx?.target?.id === "designer";

document.addEventListener("htmx:before:request", (event) => isOurs(event) && around().setAttribute("aria-busy", "true"));
// Whatever is not the designer (somebody was signed out, the server has a problem) is shown as a page of its own.
document.addEventListener("htmx:before:swap", (event) => {
  if (!isOurs(event) || event.detail.ctx.text?.includes('id="designer"')) return;
  event.preventDefault();
  location.reload();
});
document.addEventListener("htmx:after:swap", (event) => {
  if (!isOurs(event)) return;
  enhance();
  const wanted = focusing?.();
  focusing = null;
  if (wanted && document.activeElement !== wanted) wanted.focus({ preventScroll: false });
});
document.addEventListener("htmx:finally:request", (event) => {
  if (!isOurs(event)) return;
  around().removeAttribute("aria-busy");
  busy = false;
  if (waiting.length) setTimeout(next);
});

enhance();
if (designer()?.dataset.at) current()?.scrollIntoView({ block: "center" });
