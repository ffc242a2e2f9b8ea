// Expressions: names and functions are proposed while one writes (ARIA listbox), slips are mended with a click.
// Checking itself is htmx; without this script the form's button checks.
const WAIT = 120;
let serial = 0;

class Expression {
  constructor(box) {
    this.box = box;
    this.text = box.querySelector("textarea");
    this.list = box.querySelector(".t-picker");
    this.call = box.querySelector("[data-call]");
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-controls", this.list.id);
    this.text.addEventListener("input", () => this.later());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    box.addEventListener("click", (event) => {
      const fix = event.target.closest("[data-fix]");
      if (fix) this.mend(fix);
    });
  }

  // Nothing is put where something else stands by now.
  mend(fix) {
    const [start, end] = this.places(Number(fix.dataset.from), Number(fix.dataset.to));
    const wrong = fix.closest(".t-slip").querySelector("mark").textContent;
    if ((this.text.value.slice(start, end) || "▯") === wrong) this.put(fix.dataset.fix, start, end);
  }

  // Places count characters; the browser counts those beyond the first 65,536 twice.
  places(...counted) {
    const characters = [...this.text.value];
    return counted.map((place) => characters.slice(0, place).join("").length);
  }

  later() {
    this.list.setAttribute("aria-busy", "true");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const turn = (this.turn = ++serial);
    const cursor = [...this.text.value.slice(0, this.text.selectionStart)].length;
    const { entity, purpose, url = "/expressions/" } = this.box.dataset;
    const query = new URLSearchParams({ expr: this.text.value, cursor, entity, purpose });
    const response = await fetch(`${url}complete?${query}`, { headers: { accept: "application/json" } });
    const found = response.ok && (await response.json());
    if (turn === this.turn && found) this.show(found);
  }

  show({ from, to, items, call }) {
    this.call.hidden = !call;
    if (call) this.call.textContent = `${call.signature} – ${call.doc}`;
    const [start, end] = this.places(from, to);
    const typed = this.text.value.slice(start, end);
    const wanted = items.filter((item) => item.insert !== typed);
    this.list.replaceChildren(...wanted.map((item) => this.item(item, start, end)));
    this.list.hidden = !wanted.length || document.activeElement !== this.text;
    this.list.removeAttribute("aria-busy");
    this.mark(typed ? 0 : -1);
  }

  item(choice, start, end) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const more = document.createElement("span");
    item.id = `${this.list.id}-${++serial}`;
    item.setAttribute("role", "option");
    if (choice.doc) item.title = choice.doc;
    name.textContent = choice.label === choice.insert ? choice.insert : `${choice.label}  ${choice.insert}`;
    more.textContent = choice.detail;
    more.className = "t-3";
    item.append(name, more);
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.choose = () => this.put(choice.insert, start, end);
    item.addEventListener("click", () => this.current && item.choose());
    return item;
  }

  put(text, start, end) {
    this.text.setRangeText(text, start, end, "end");
    this.text.focus();
    this.close();
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Whether the list is about what stands in the field, and not about what stood there a moment ago.
  get current() {
    return !this.list.hidden && !this.list.hasAttribute("aria-busy");
  }

  mark(place) {
    const items = [...this.list.children];
    this.place = items.length ? Math.max(-1, Math.min(items.length - 1, place)) : -1;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === this.place)));
    const current = items[this.place];
    if (current) {
      this.text.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else this.text.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.ask();
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.stopPropagation();
      this.close();
    } else if (!this.current) return;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.mark(Math.max(0, this.place + (event.key === "ArrowDown" ? 1 : -1)));
    } else if ((event.key === "Enter" || event.key === "Tab") && this.place >= 0 && !event.ctrlKey) {
      event.preventDefault();
      this.list.children[this.place].choose();
    }
  }

  close() {
    this.turn = ++serial;
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.list.removeAttribute("aria-busy");
    this.text.removeAttribute("aria-activedescendant");
  }
}

function enhance(root) {
  for (const box of root.querySelectorAll("[data-expression]")) box.writer ??= new Expression(box);
}

enhance(document);
document.addEventListener("htmx:after:swap", () => enhance(document));
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  const again = event.target.dataset?.rechecks;
  if (again) document.getElementById(again).dispatchEvent(new Event("check"));
});
