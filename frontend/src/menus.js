// Menus are details elements: they close when something else is clicked or Escape is pressed. Toasts go after ten seconds.
const open = () => document.querySelectorAll("details.t-menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const toast of document.querySelectorAll("[data-toast]")) setTimeout(() => toast.remove(), 10_000);
