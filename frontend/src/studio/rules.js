// Rows of conditions: each offers only the comparisons and options of its field; what fields know stands once on the page.
import { fit } from "../filter.js";

const MOST_SHOWN = 5;

function fitted(row, fresh) {
  const path = row.querySelector("[data-rule-field]").value;
  const known = [...(document.getElementById("rule-fields")?.options ?? [])].find((option) => option.value === path);
  if (!known) return;
  offerAll(row.querySelector("[data-rule-op]"));
  fit(row, known);
  const value = row.querySelector("[data-rule-value]");
  const several = row.querySelector("[data-rule-op]").value === "in" && value.tagName === "SELECT";
  value.multiple = several;
  if (several) value.size = Math.min(value.options.length, MOST_SHOWN);
  else value.removeAttribute("size");
  if (value.tagName === "SELECT" && !several && value.options[0]?.value) {
    value.prepend(new Option("", ""));
    if (fresh) value.value = "";
  }
}

// A row that had a field offers just its comparisons; another field may have others.
function offerAll(comparison) {
  const chosen = comparison.value;
  const every = document.getElementById("rule-ops").options;
  comparison.replaceChildren(...[...every].map((option) => option.cloneNode(true)));
  comparison.value = chosen;
}

// A new field begins without the value of the old one, and the form waits until there is one.
document.addEventListener("change", (event) => {
  const row = event.target.closest?.("[data-rule]");
  if (!row || !event.target.matches("[data-rule-field], [data-rule-op]")) return;
  const fresh = event.target.matches("[data-rule-field]");
  if (fresh) row.querySelector("[data-rule-value]").value = "";
  fitted(row, fresh);
  const value = row.querySelector("[data-rule-value]");
  if (event.target.value && !value.hidden && !value.value) event.stopPropagation();
}, true);
