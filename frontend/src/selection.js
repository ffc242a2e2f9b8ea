// Choosing rows: how many, the box in the head, a range with Shift, and all that match once the page is chosen.
const form = document.getElementById("chosen");
const boxes = () => [...document.querySelectorAll('[data-rows] input[name="id"]')];
const heads = () => [...document.querySelectorAll("[data-choose-page]")];
let last = null;

function told(count) {
  const place = form.querySelector(".t-bulk-count");
  const text = count === 1 ? place.dataset.one : place.dataset.many.replace("{count}", count.toLocaleString(document.documentElement.lang));
  if (place.textContent === text) return;
  place.textContent = text;
  document.getElementById("announce").textContent = text;
}

function show() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const full = count > 0 && count === all.length;
  const more = form.querySelector('[name="_which"]');
  if (more && !full) more.checked = false;
  form.toggleAttribute("data-any", count > 0);
  form.toggleAttribute("data-all", Boolean(more?.checked));
  if (count) told(count);
  for (const head of heads()) {
    head.closest("label").hidden = false;
    head.checked = full;
    head.indeterminate = count > 0 && !full;
  }
}

function choose(box, range) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (range && from >= 0) {
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    getSelection().removeAllRanges();
  }
  last = box;
}

function cleared() {
  show();
  boxes()[0]?.focus({ preventScroll: true });
}

if (form) {
  let shift = false;
  document.addEventListener("click", (event) => (shift = event.shiftKey), true);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-page]")) for (const box of boxes()) box.checked = event.target.checked;
    else if (event.target.form !== form) return;
    else if (event.target.name === "id") choose(event.target, shift);
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.form !== form || event.target.type !== "checkbox") return;
    event.preventDefault();
    event.target.closest("tr")?.querySelector("a")?.click();
  });
  form.addEventListener("reset", () => setTimeout(cleared));
  window.addEventListener("pageshow", show);
  document.addEventListener("htmx:after:swap", show);
  show();
}
