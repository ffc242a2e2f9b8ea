"""A plan as lines of plain English, and what is asked of people before it is carried out."""

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

from trellis.kernel.errors import Finding, Invalid, InvalidMetadata, TrellisError
from trellis.metadata.intent import Intent
from trellis.metadata.layers.places import MISSING
from trellis.metadata.layers.upgrade import Outcome, UpgradeItem
from trellis.metadata.plan import Risk
from trellis.services.context import Context
from trellis.services.packs import Installing, PackPlan, plan, publish
from trellis.services.packs.layerfiles import read_layers
from trellis.services.packs.planjson import pack_plan_body
from trellis.services.studio import plans
from trellis.services.studio.planview import PlanView
from trellis.services.studio.steps import Step

DONE, REFUSED, NOT_POSSIBLE = 0, 1, 2

OUTCOMES = {
    Outcome.SAME: "the pack says the same by now; the change is dropped",
    Outcome.BOTH_CHANGED: "the pack changed this too; yours holds until you decide",
    Outcome.ORPHAN: "what it is about is gone; kept without effect",
}
Publish = Callable[[str, list[str], str], Awaitable[int]]


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Declare the folder of layers, and the answers that documents cannot tell themselves."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="layers as files; by default the draft")
    parser.add_argument(
        "--rename", action="append", default=[], metavar="OLD=NEW", help="a path that is called differently from now on"
    )
    parser.add_argument(
        "--separate", action="append", default=[], metavar="PATH", help="a path that is new, not renamed"
    )
    parser.add_argument("--workspace", default="main")


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Declare what somebody agrees to beforehand."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--accept-losses", action="store_true", help="put values aside that do not fit; lose the last way to a right"
    )


def intent_of(args: argparse.Namespace) -> Intent:
    """The answers given on the command line; raises Invalid."""
    pairs = [text.partition("=") for text in args.rename]
    if wrong := [text for text, mark, new in pairs if not (text and mark and new)]:
        raise TrellisErrorText(
            f"--rename {wrong[0]}: write it like sales.account#/fields/x_a=sales.account#/fields/x_b"
        )
    return Intent({old: new for old, _, new in pairs}, frozenset(args.separate))


class TrellisErrorText(TrellisError):
    """A sentence for whoever typed a command."""

    code = "usage"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __str__(self) -> str:
        return self.text


async def planned(context: Context, args: argparse.Namespace) -> PackPlan:
    """The plan of a folder, or of the draft."""
    intent = intent_of(args)
    if args.folder is not None:
        return await plan(context, Installing(read_layers(args.folder), intent))
    if not intent.empty:
        raise TrellisErrorText("answers about the draft are given in the Studio, or with PUT /metadata/draft/decisions")
    return PackPlan(await plans.plan_draft(context), ())


async def carried_out(context: Context, args: argparse.Namespace, shown: str, consents: list[str], note: str) -> int:
    """Publish the folder or the draft as it was shown."""
    if args.folder is not None:
        change = Installing(read_layers(args.folder), intent_of(args))
        return await publish(context, change, shown, consents, note)
    return await plans.publish_draft(context, shown, consents, note)


async def ask_and_publish(found: PackPlan, args: argparse.Namespace, publishing: Publish) -> int:
    """Print a plan, ask about it, carry it out; the exit code."""
    view = found.view
    print("\n".join(lines(found)))
    if view.empty:
        return DONE
    if view.blocked:
        return REFUSED
    if view.consents and not args.accept_losses:
        print("Values would be put aside. Say --accept-losses if that is meant.", file=sys.stderr)
        return REFUSED
    if view.confirmations and not args.accept_losses:
        print("A right would be lost. Say --accept-losses if that is meant.", file=sys.stderr)
        return REFUSED
    if not (args.yes or _agrees()):
        return REFUSED
    agreed = [*(step.consent for step in view.consents), *(one.key for one in view.confirmations)]
    number = await publishing(view.fingerprint, agreed, getattr(args, "note", "") or "")
    print(f"Release {number} is in force.")
    return DONE


def _agrees() -> bool:
    if not sys.stdin.isatty():
        print("Nobody is there to be asked. Say --yes to publish this.", file=sys.stderr)
        return False
    return input("Publish this? [y/N] ").strip().lower() in ("y", "yes")


def lines(found: PackPlan) -> Iterator[str]:
    """The whole plan: what changes, what is done to the tables, what stands in the way."""
    view = found.view
    yield from words(view)
    if found.items:
        yield from ("", *three_way(found.items))
    if view.steps:
        yield from ("", *(_step(step) for step in view.steps))
    if view.confirmations:
        yield from ("", *(f"Note: {one.message}" for one in view.confirmations))
    for item in view.recompute:
        yield f"  {item.entity}: {', '.join(item.keys)} of {item.rows:,} records is worked out in the background"
    for name, part in (("Affected", list(_affected(view))), ("To mend first", list(_blocking(view)))):
        if part:
            yield from ("", f"{name}:", *part)
    if view.findings and not view.errors:
        yield from ("", *(f"  {finding_line(found)}" for found in view.findings))


def words(view: PlanView) -> Iterator[str]:
    """What changes, in words."""
    if view.empty:
        yield "Nothing differs from what is in force."
        return
    count = len(view.words)
    yield f"{count} change{'' if count == 1 else 's'} from release {view.planned.plan.base}:"
    for word in view.words:
        yield f"  {word.document}: {word.message}"


def three_way(items: Iterable[UpgradeItem]) -> Iterator[str]:
    """What becomes of each change of the customer; those that simply stay are counted."""
    clean = 0
    yield "Your changes on these packs:"
    for item in items:
        if item.outcome is Outcome.CLEAN:
            clean += 1
            continue
        yield f"  {item.target}#{item.pointer} ({item.verb}): {OUTCOMES[item.outcome]}"
        if item.outcome is Outcome.BOTH_CHANGED:
            yield f"    was {_value(item.was)}, now {_value(item.now)}, yours {_value(item.mine)}"
    if clean:
        yield f"  {clean} stay{'s as it is' if clean == 1 else ' as they are'}"


def _step(step: Step) -> str:
    risk = "" if step.risk is Risk.SAFE else f" [{step.risk.name.lower()}]"
    counts = f" ({step.rows:,} records)" if step.rows else ""
    samples = f", {step.affected:,} do not fit: {', '.join(step.samples)}" if step.samples else ""
    return f"  {step.sentence}{counts}{samples}{risk}"


def _affected(view: PlanView) -> Iterator[str]:
    for reference in view.impact.references:
        yield f"  {reference.document}: {reference.message}"
    for use in view.clients:
        yield f"  {use.of}: {' '.join(str(one) for one in use.messages)}"


def _blocking(view: PlanView) -> Iterator[str]:
    yield from (f"  {finding_line(finding)}" for finding in view.errors)
    for question in view.questions:
        choices = " or ".join(f"--rename '{question.gone}={one}'" for one in question.candidates)
        yield f"  {question.gone} is gone: {choices}, or --separate '{question.candidates[0]}'"
    for document in view.conflicts:
        yield f"  {document} was published by somebody else since it was changed in the draft"
    yield from (f"  {step.sentence} {step.affected:,} records stand in the way" for step in _blocked(view))


def _blocked(view: PlanView) -> Iterable[Step]:
    return (step for step in view.steps if step.risk is Risk.BLOCKED)


def finding_line(finding: Finding) -> str:
    """A defect as `document#pointer: severity code: sentence (hint)`."""
    hint = f" ({str(finding.hint).rstrip('.')})" if finding.hint else ""
    place = finding.file or f"{finding.document}#{finding.pointer}"
    return f"{place}: {finding.severity} {finding.code}: {finding.message}{hint}"


def _value(value: object) -> str:
    return "nothing" if value is MISSING else json.dumps(value, ensure_ascii=False, default=str)


def as_json(found: PackPlan) -> str:
    """The plan as the API gives it."""
    return json.dumps(pack_plan_body(found, lambda text: text), ensure_ascii=False, indent=2, default=str)


def failed(error: TrellisError) -> int:
    """Print what stands in the way; the exit code."""
    if isinstance(error, InvalidMetadata):
        print("\n".join(finding_line(finding) for finding in error.findings), file=sys.stderr)
        return REFUSED
    print(f"trellis: {error}", file=sys.stderr)
    return REFUSED if isinstance(error, Invalid) or error.code == "plan_changed" else NOT_POSSIBLE
