// The picker of icons: a button beside each input of an icon's name; without this script one types the name.
let asked = null;

function openers() {
  const made = document.getElementById("icon-opener");
  for (const input of document.querySelectorAll("[data-icon-input]")) {
    if (made && !input.parentElement.querySelector("[data-icon-open]")) input.after(made.content.cloneNode(true));
  }
}

function narrowed(text) {
  for (const button of document.querySelectorAll("[data-icon-name]")) button.hidden = !button.dataset.iconName.includes(text);
}

document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-icon-open]");
  const chosen = event.target.closest("[data-icon-name]");
  if (open) {
    asked = open.parentElement.querySelector("[data-icon-input]");
    document.getElementById("icon-picker").showModal();
  }
  if (chosen && asked) {
    asked.value = chosen.dataset.iconName;
    document.getElementById("icon-picker").close();
    asked.dispatchEvent(new Event("change", { bubbles: true }));
    asked.focus();
  }
});
document.addEventListener("input", (event) => {
  if (event.target.id === "icon-search") narrowed(event.target.value.trim().toLowerCase());
});
openers();
document.addEventListener("htmx:after:swap", openers);
