// Findings about a text lead to their place in it: [data-jump] selects the characters and scrolls the line into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-jump]");
  const text = document.getElementById("text");
  if (!link || !text) return;
  event.preventDefault();
  const [start, end] = [Number(link.dataset.start), Number(link.dataset.end)].map((place) => units(text.value, place));
  const line = text.value.slice(0, start).split("\n").length - 1;
  text.focus();
  text.setSelectionRange(start, end);
  text.scrollTop = line * parseFloat(getComputedStyle(text).lineHeight) - text.clientHeight / 3;
});

// Places count characters; the browser counts those beyond the first 65,536 twice.
function units(text, place) {
  return [...text].slice(0, place).join("").length;
}
