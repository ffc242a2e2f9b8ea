// Links with data-dialog open what they lead to in a dialog; without this script they lead there.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const response = await fetch(link.href, { headers: { "x-dialog": "1" } });
  if (!response.ok) return location.assign(link.href);
  const inside = link.closest("dialog[data-explains]");
  if (!inside && document.querySelector("dialog[data-explains]")) return;
  const dialog = inside ?? document.createElement("dialog");
  dialog.className = "t-dialog t-dialog-why";
  dialog.dataset.explains = "";
  dialog.setAttribute("aria-labelledby", "why-title");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-ghost btn-icon-only t-close";
  close.textContent = "×";
  close.setAttribute("aria-label", link.dataset.close ?? dialog.dataset.close ?? "×");
  dialog.dataset.close = close.getAttribute("aria-label");
  close.addEventListener("click", () => dialog.close());
  dialog.innerHTML = await response.text();
  dialog.prepend(close);
  if (inside) return close.focus();
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  dialog.addEventListener("click", (click) => click.target === dialog && dialog.close());
  dialog.showModal();
});
