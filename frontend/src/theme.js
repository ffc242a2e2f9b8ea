// The look "auto" follows the system; a cookie tells the server, so that the next page comes in the right colours.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
  const root = document.documentElement;
  if (root.dataset.theme !== "auto") return;
  root.dataset.bsTheme = dark.matches ? "dark" : "light";
  document.cookie = `trellis_scheme=${root.dataset.bsTheme}; path=/; max-age=31536000; samesite=lax`;
}

dark.addEventListener("change", follow);
follow();
