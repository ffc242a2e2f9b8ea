// Forms: the summary of errors takes the focus, Ctrl+Enter saves, and leaving with unsaved input asks first.
const form = document.querySelector("form[data-form]");

document.querySelector("[data-focus]")?.focus();

// The eye beside a masked value sends nothing of the form around it: its address says all, the token is in a header.
document.addEventListener("htmx:config:request", ({ target, detail }) => {
  if (target.matches(".t-reveal")) detail.ctx.request.body = new FormData();
});

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
