// The filter builder: offers only the comparisons of the chosen field, and its options where it has some.
export function fit(form, field = form.querySelector("[data-rule-field]").selectedOptions[0]) {
  const comparison = form.querySelector("[data-rule-op]");
  const usable = (field.dataset.operators ?? "").split(" ").filter(Boolean);
  for (const option of comparison.options) {
    option.hidden = option.disabled = usable.length > 0 && !usable.includes(option.value);
  }
  if (comparison.selectedOptions[0]?.disabled) comparison.value = usable[0];
  fitValue(form, field, comparison.value);
}

function fitValue(form, field, comparison) {
  const value = form.querySelector("[data-rule-value]");
  const second = form.querySelector("[data-rule-value2]");
  second.hidden = comparison !== "between";
  const empty = comparison === "blank" || comparison === "filled";
  const replacement = makeInput(field, value);
  replacement.hidden = empty;
  second.type = replacement.type === "date" ? "date" : "text";
  if (replacement !== value) value.replaceWith(replacement);
}

function makeInput(field, old) {
  const options = (field.dataset.options ?? "").split("|").filter(Boolean);
  const wanted = options.length ? "SELECT" : "INPUT";
  const made = old.tagName === wanted && !options.length ? old : document.createElement(wanted);
  made.name = old.name;
  made.id = old.id;
  made.dataset.ruleValue = "";
  made.className = options.length ? "form-select" : "form-control";
  if (options.length) made.replaceChildren(...options.map((pair) => new Option(pair.slice(pair.indexOf("=") + 1), pair.slice(0, pair.indexOf("=")))));
  else made.type = field.dataset.kind === "date" ? "date" : "text";
  return made;
}

for (const panel of document.querySelectorAll("[data-filter] form")) {
  panel.addEventListener("change", (event) => {
    if (event.target.matches("[data-rule-field], [data-rule-op]")) fit(panel);
  });
}
