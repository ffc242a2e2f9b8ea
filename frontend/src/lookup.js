// Lookups: search while typing, choose by keyboard (ARIA combobox), create a missing record in a dialog.
// Without this script the button beside the input leads to a page with the same choices.
const WAIT = 150;
let serial = 0;

class Lookup {
  constructor(box) {
    this.box = box;
    this.input = box.querySelector("[data-text]");
    this.list = box.querySelector(".t-picker");
    this.value = box.querySelector("[data-value]");
    this.place = -1;
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("focus", () => this.open());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => (this.leaving = setTimeout(() => this.close(), WAIT)));
    box.querySelector("[data-clear]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.set({ id: "", label: "" });
      this.input.focus();
    });
    this.title = this.input.value;
  }

  get many() {
    return "many" in this.box.dataset;
  }

  open() {
    clearTimeout(this.leaving);
    this.search();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), WAIT);
  }

  async search() {
    const turn = (this.turn = ++serial);
    const typed = this.input.value === this.title ? "" : this.input.value.trim();
    const query = new URLSearchParams({ q: typed });
    for (const [key, text] of new FormData(this.input.form)) {
      if (typeof text === "string" && text && !key.startsWith("_") && key !== "q" && text.length < 100) query.set(key, text);
    }
    const response = await fetch(`${this.box.dataset.lookup}?${query}`, { headers: { accept: "application/json" } });
    if (turn !== this.turn || !response.ok) return;
    const { choices, create } = await response.json();
    if (turn !== this.turn) return;
    this.show(choices, typed, create);
  }

  show(choices, typed, create) {
    const items = choices.map((choice) => this.item(choice.label, choice.facts.join(" · "), () => this.set(choice)));
    if (typed && create && this.box.dataset.create) {
      items.push(this.item(this.box.dataset.create.replace("{text}", typed), "", () => this.create(typed)));
    }
    if (!items.length) {
      const none = document.createElement("li");
      none.className = "t-3";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = this.box.dataset.none;
      items.push(none);
    }
    this.list.replaceChildren(...items);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(typed && choices.length ? 0 : -1);
  }

  item(label, facts, choose) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const more = document.createElement("span");
    item.id = `${this.list.id}-${++serial}`;
    item.setAttribute("role", "option");
    name.textContent = label;
    more.textContent = facts;
    more.className = "t-3";
    item.append(name, more);
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", choose);
    item.choose = choose;
    return item;
  }

  mark(place) {
    const items = [...this.list.children].filter((item) => item.choose);
    this.place = items.length ? Math.max(-1, Math.min(items.length - 1, place)) : -1;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === this.place)));
    const current = items[this.place];
    if (current) {
      this.input.setAttribute("aria-activedescendant", current.id);
      current.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const shown = !this.list.hidden;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      shown ? this.mark(this.place + 1) : this.search();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      this.mark(Math.max(0, this.place - 1));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      [...this.list.children].filter((item) => item.choose)[this.place]?.choose();
    } else if (event.key === "Escape" && shown) {
      event.stopPropagation();
      this.close();
    }
  }

  forget() {
    clearTimeout(this.timer);
    this.turn = ++serial;
  }

  close() {
    this.forget();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (!this.many) this.input.value = this.input.value.trim() ? this.title : this.emptied();
  }

  emptied() {
    if (this.value.value) this.set({ id: "", label: "" });
    return "";
  }

  set(choice) {
    this.forget();
    if (this.many) this.add(choice);
    else {
      this.title = this.input.value = choice.label;
      this.value.value = choice.id;
      this.value.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  add(choice) {
    const picked = this.box.querySelector("[data-picked]");
    this.input.value = "";
    if ([...picked.querySelectorAll("input")].some((input) => input.value === choice.id)) return;
    const chip = document.createElement("li");
    const value = document.createElement("input");
    const remove = document.createElement("button");
    chip.className = "t-chip";
    value.type = "hidden";
    value.name = this.box.dataset.key;
    value.value = choice.id;
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", this.box.dataset.remove.replace("{label}", choice.label));
    remove.addEventListener("click", () => chip.remove());
    chip.append(value, choice.label, remove);
    picked.append(chip);
  }

  async create(typed) {
    const dialog = document.createElement("dialog");
    dialog.className = "t-dialog t-dialog-wide";
    dialog.setAttribute("aria-labelledby", "quick-title");
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    const url = `/records/${this.box.dataset.target}/new`;
    const response = await fetch(`${url}?${new URLSearchParams({ name: typed, _quick: "1" })}`);
    if (!response.ok) return dialog.remove();
    this.fill(dialog, await response.text());
    dialog.showModal();
  }

  fill(dialog, html) {
    dialog.innerHTML = html;
    enhance(dialog);
    dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-focus]")?.focus();
    const form = dialog.querySelector("form");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      const response = await fetch(form.action, { method: "POST", body, headers: { "x-quick": "1" } });
      if (response.status === 201) {
        this.set(await response.json());
        dialog.close();
        this.input.focus();
      } else this.fill(dialog, await response.text());
    });
  }
}

export function enhance(root) {
  for (const box of root.querySelectorAll("[data-lookup]")) {
    if (box.lookup) continue;
    box.lookup = new Lookup(box);
  }
}

enhance(document);
document.addEventListener("htmx:after:swap", () => enhance(document));
