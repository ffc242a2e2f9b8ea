"""`trellis docs`: the pages of the documentation that are made from the code."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from trellis.commands import COMMANDS
from trellis.commands.docs_codes import Sentences, document_codes, expression_codes, publishing_codes
from trellis.engine.expr import examples
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.library import formats
from trellis.kernel import errors, settings
from trellis.metadata.fieldtypes import fieldtypes, type_name
from trellis.metadata.fieldtypes.base import FieldType
from trellis.metadata.schemas import schema_files

NOTE = "<!-- Made by `trellis docs`; change the code, not this page. -->\n"
_BASE_MEMBERS = frozenset(FieldType.model_fields)


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout")


def run(args: argparse.Namespace) -> int:
    """Write or check the pages."""
    stale = [page for page, text in pages(args.root).items() if _read(args.root / page) != text]
    if args.check:
        for page in stale:
            print(f"{page} is out of date; run `trellis docs`", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        path = args.root / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages(args.root)[page], encoding="utf-8")
        print(page)
    return 0


def pages(root: Path) -> dict[str, str]:
    """Every generated page with its text; README is an ordinary page with a generated table."""
    return {
        "docs/reference/settings.md": _page("Settings", _settings()),
        "docs/reference/field-types.md": _page("Field types", _field_types()),
        "docs/reference/functions.md": _page("Functions", _functions()),
        "docs/reference/commands.md": _page("Commands", _commands()),
        "docs/reference/errors.md": _page("Error codes", _errors()),
        "docs/reference/metadata-codes.md": _page("Codes of findings", _metadata_codes()),
        **{f"metadata/schema/{name}": text for name, text in schema_files().items()},
        "README.md": _with_table(_read(root / "README.md"), "settings", "\n".join(_settings())),
    }


def _page(title: str, lines: Iterable[str]) -> str:
    return f"# {title}\n\n{NOTE}\n" + "\n".join(lines) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _with_table(text: str, name: str, table: str) -> str:
    return re.sub(
        rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
        lambda found: f"{found[1]}\n{table}\n{found[2]}",
        text,
        flags=re.S,
    )


def _settings() -> Iterator[str]:
    yield "| Setting | Default | What it does |"
    yield "|---|---|---|"
    for name, default, meaning in settings.table():
        yield f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"


def _commands() -> Iterator[str]:
    yield "| Command | What it does |"
    yield "|---|---|"
    for name, summary in COMMANDS.items():
        yield f"| `trellis {name}` | {summary} |"
    yield ""
    yield "`trellis COMMAND --help` lists the arguments."


def _field_types() -> Iterator[str]:
    yield "Every field may have " + ", ".join(f"`{_alias(FieldType, name)}`" for name in FieldType.model_fields) + "."
    for cls in fieldtypes:
        yield ""
        yield f"## {type_name(cls)}"
        yield ""
        yield _sentence(cls.__doc__)
        yield ""
        own = [name for name in cls.model_fields if name not in _BASE_MEMBERS or name == "pattern"]
        yield "Options: " + (", ".join(f"`{_alias(cls, name)}`" for name in own) or "none of its own") + "."
        yield "Filters: " + ", ".join(operator.label for operator in cls.operators) + "."


def _alias(cls: type[FieldType], name: str) -> str:
    return cls.model_fields[name].alias or name


def _functions() -> Iterator[str]:
    yield "The examples are run as tests. They know a deal with these fields and a few other values:"
    yield ""
    yield "| Name | Value |"
    yield "|---|---|"
    for name, value in examples.VALUES.items():
        yield f"| `{name}` | {_example_value(value)} |"
    yield ""
    yield "What stands in the column SQL: **A** is the same in Python, SQLite and PostgreSQL; **B** is the same too, computed in"
    yield "another way there; **C** is computed in Python only, so store the value in a field to filter or sort by it;"
    yield "**parameter** is known before a query runs."
    yield ""
    yield "| Function | Meaning | Examples | SQL |"
    yield "|---|---|---|---|"
    for function in STANDARD:
        shown = "<br>".join(f"`{source}` → {_example_value(result)}" for source, result in function.examples)
        yield f"| `{function.signature}` | {_sentence(function.doc)} | {shown} | {function.sql.value} |"


def _example_value(value: object) -> str:
    return ", ".join(f"`{formats.plain(one)}`" for one in (value if isinstance(value, tuple) else (value,)))


def _errors() -> Iterator[str]:
    yield "| Code | Meaning |"
    yield "|---|---|"
    for cls in vars(errors).values():
        if isinstance(cls, type) and issubclass(cls, errors.TrellisError):
            yield f"| `{cls.code}` | {_sentence(cls.__doc__)} |"


def _metadata_codes() -> Iterator[str]:
    yield "`trellis check` prints each finding as `file: pointer: severity code: sentence (hint)`. Words in curly brackets"
    yield "stand for the name or value that the finding is about."
    yield ""
    yield "## Documents"
    yield from _codes(document_codes(), "")
    yield "## Expressions"
    yield from _codes(expression_codes(), "expr.")
    yield "## Publishing"
    yield ""
    yield "Correct documents can still not be published while stored values stand in the way."
    yield from _codes(publishing_codes(), "")


def _codes(sentences: Sentences, prefix: str) -> Iterator[str]:
    yield ""
    yield "| Code | What it says |"
    yield "|---|---|"
    for code, texts in sentences.items():
        yield f"| `{prefix}{code}` | {'<br>'.join(_sentence(text) for text in texts)} |"
    yield ""


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
