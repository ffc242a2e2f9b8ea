// Forms: the summary of errors takes the focus, Ctrl+Enter saves, and leaving with unsaved input asks first.
const form = document.querySelector("form[data-form]");

document.querySelector("[data-focus]")?.focus();

if (form) {
  let touched = false;
  form.addEventListener("input", () => (touched = true));
  form.addEventListener("submit", () => (touched = false));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched) event.preventDefault();
  });
}
