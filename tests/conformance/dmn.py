"""The DMN models in our language: literal expressions, invocations and decision tables with one result."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.conformance.cases import Case, Untranslatable
from tests.conformance.feel import Feel, Function, Names, chosen
from tests.conformance.writing import NOTHING, TYPES, Sheet, Term, among, infix, number, when
from trellis.engine.expr.types import Kind

FOLDER = Path("dmn-tck-level2")
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
KINDS = {"number": Kind.NUMBER, "string": Kind.TEXT, "boolean": Kind.BOOL}
EXPRESSIONS = ("literalExpression", "decisionTable")
SINGLE_HIT = {"UNIQUE", "ANY", "FIRST"}


def model_cases(folder: Path) -> Iterator[Case]:
    """A case for every expected value of every test."""
    for path in sorted((folder / FOLDER).glob("*/*-test-*.xml")):
        model = _plain(ElementTree.parse(next(path.parent.glob("*.dmn"))).getroot())
        for test in _plain(ElementTree.parse(path).getroot()).iter("testCase"):
            for result in test.iter("resultNode"):
                yield from _result_cases(path.parent.name, model, test, result)


def _result_cases(name: str, model: Element, test: Element, result: Element) -> Iterator[Case]:
    expected = result.find("expected")
    decision = _named(model, "decision", result.get("name", ""))
    assert expected is not None
    assert decision is not None
    title = f"{name} {test.get('id')} {result.get('name')}"
    components = [(component.get("name"), component) for component in expected.findall("component")]
    for output, element in components or [(None, expected)]:
        yield _case(title if output is None else f"{title}.{output}", model, test, decision, output, element)


def _case(name: str, model: Element, test: Element, decision: Element, output: str | None, expected: Element) -> Case:
    logic = next(child for child in decision if child.tag in EXPRESSIONS)
    shown = _text(logic) if logic.tag == "literalExpression" else f"{logic.get('hitPolicy', 'UNIQUE')} table"
    result = None if expected.find("list") is not None else _value(expected)
    try:
        writer = Model(model, inputs=list(test.iter("inputNode")))
        term = writer.decision(decision, output)
    except Untranslatable as missing:
        return Case(name, _group(logic), shown, result, missing=str(missing))
    inputs = {key: field.value for key, field in writer.sheet.fields.items()}
    return Case(name, _group(logic), shown, result, writer.sheet.translation(term), inputs=inputs)


def _group(logic: Element) -> str:
    if logic.tag == "literalExpression":
        return "literal expressions"
    policy = logic.get("hitPolicy", "UNIQUE").lower()
    aggregation = logic.get("aggregation", "").lower()
    return f"tables: {policy} {aggregation}".rstrip()


@dataclass(slots=True)
class Model:
    """Translates the decisions of one model for the inputs of one test."""

    root: Element
    inputs: Sequence[Element]
    sheet: Sheet = field(default_factory=Sheet)

    def decision(self, decision: Element, output: str | None = None) -> Term:
        """The decision in our language; of several outputs, the one of that name."""
        logic = next(child for child in decision if child.tag in EXPRESSIONS)
        names = self._names(decision)
        if logic.tag == "decisionTable":
            return _Table(logic, self._reader(names)).term(output)
        return self._reader(names).expression(_text(logic))

    def _reader(self, names: Names) -> Feel:
        functions = {
            element.get("name", ""): self._function(element) for element in self.root.iter("businessKnowledgeModel")
        }
        return Feel(self.sheet, names, functions)

    def _function(self, element: Element) -> Function:
        parameters = [parameter.get("name", "") for parameter in element.iter("formalParameter")]
        source = next(element.iter("text")).text or ""
        return lambda arguments: self._reader(dict(zip(parameters, arguments, strict=True))).expression(source)

    def _names(self, decision: Element) -> dict[str, Term]:
        """Every name that the decision may use: inputs, their components, and decisions before this one."""
        names: dict[str, Term] = {}
        for node in self.inputs:
            name = node.get("name", "")
            names |= {f"{name}.{key}": self._field(f"{name}.{key}", value) for key, value in _components(node)}
            if node.find("component") is None:
                names[name] = self._field(name, node)
        for required in decision.iter("requiredDecision"):
            other = _with_id(self.root, required.get("href", "").removeprefix("#"))
            names[other.get("name", "")] = self.decision(other)
        return names

    def _field(self, name: str, node: Element) -> Term:
        value = _value(node)
        key = re.sub(r"\W", "_", name).lower()
        return self.sheet.field(key, value, TYPES[self._kind(name)] if value is None else None)

    def _kind(self, name: str) -> Kind:
        """The kind of an input that is null."""
        declared = _named(self.root, "inputData", name)
        variable = None if declared is None else declared.find("variable")
        found = KINDS.get("" if variable is None else variable.get("typeRef", ""))
        if found is None:
            raise Untranslatable("null of an unknown type")
        return found


@dataclass(frozen=True, slots=True)
class _Table:
    """A decision table, written as one choice."""

    logic: Element
    reader: Feel

    def term(self, output: str | None) -> Term:
        """The value of one output of the table."""
        column = self._column(output)
        rules = [(self._condition(rule), self._outputs(rule)) for rule in self.logic.findall("rule")]
        policy, aggregation = self.logic.get("hitPolicy", "UNIQUE"), self.logic.get("aggregation")
        if policy == "COLLECT" and aggregation in ("COUNT", "SUM"):
            return self._total(rules, column, counted=aggregation == "COUNT")
        if policy == "COLLECT" and aggregation in ("MIN", "MAX"):
            rules.sort(key=lambda rule: Decimal(rule[1][column].source), reverse=aggregation == "MAX")
        elif policy == "PRIORITY":
            rules.sort(key=lambda rule: self._rank(rule[1]))
        elif policy not in SINGLE_HIT:
            raise Untranslatable("tables with several results")
        return chosen([(condition, outputs[column]) for condition, outputs in rules], self._default(column))

    def _column(self, output: str | None) -> int:
        names = [element.get("name") for element in self.logic.findall("output")]
        return 0 if output is None else names.index(output)

    def _condition(self, rule: Element) -> Term | None:
        subjects = [
            self.reader.expression(_text(_child(element, "inputExpression"))) for element in self.logic.findall("input")
        ]
        entries = [_text(entry) for entry in rule.findall("inputEntry")]
        found = [self.reader.tests(entry, subject) for entry, subject in zip(entries, subjects, strict=True)]
        tests = [test for test in found if test is not None]
        return among("and", tests) if tests else None

    def _outputs(self, rule: Element) -> list[Term]:
        return [self.reader.expression(_text(entry)) for entry in rule.findall("outputEntry")]

    def _rank(self, outputs: Sequence[Term]) -> list[int]:
        """The place of each output among the values that are listed for it."""
        listed = [element.findtext("outputValues/text") for element in self.logic.findall("output")]
        known = [re.findall(r'"[^"]*"|[^,\s]+', values or "") for values in listed]
        return [
            values.index(term.source) if term.source in values else 0
            for values, term in zip(known, outputs, strict=True)
        ]

    def _default(self, column: int) -> Term:
        entry = self.logic.findall("output")[column].find("defaultOutputEntry")
        return NOTHING if entry is None else self.reader.expression(_text(entry))

    def _total(self, rules: Sequence[tuple[Term | None, list[Term]]], column: int, *, counted: bool) -> Term:
        terms = [
            when(condition, number(1) if counted else outputs[column], number(0))
            for condition, outputs in rules
            if condition is not None
        ]
        total = terms[0]
        for term in terms[1:]:
            total = infix("+", total, term)
        return total


def _plain(root: Element) -> Element:
    """The tree without namespaces."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _named(root: Element, tag: str, name: str) -> Element | None:
    return next((element for element in root.iter(tag) if element.get("name") == name), None)


def _with_id(root: Element, identifier: str) -> Element:
    return next(element for element in root.iter() if element.get("id") == identifier)


def _child(element: Element, tag: str) -> Element:
    found = element.find(tag)
    assert found is not None
    return found


def _text(element: Element) -> str:
    return (element.findtext("text") or "").strip()


def _components(node: Element) -> list[tuple[str, Element]]:
    return [(component.get("name", ""), component) for component in node.findall("component")]


def _value(node: Element) -> object:
    value = _child(node, "value")
    if value.get(NIL) == "true":
        return None
    text, kind = value.text or "", value.get(TYPE, "").rpartition(":")[2]
    match kind:
        case "boolean":
            return text == "true"
        case "decimal" | "double" | "integer":
            plain = Decimal(text)
            return int(plain) if plain == plain.to_integral_value() else plain
    return text
