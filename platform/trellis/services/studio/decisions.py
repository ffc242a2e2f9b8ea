"""What people decided about a draft, kept until it is published: steps of renames, and answers to questions."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.metadata.intent import Intent

Step = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that was decided, also what no longer fits the draft because something was taken back.

    `steps` are renames from path to path in the order in which they happened.
    """

    steps: tuple[Step, ...] = ()
    separate: frozenset[str] = frozenset()
    restores: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Decisions":
        """What was kept; nothing where nothing was."""
        kept: dict[str, Any] = json.loads(text or "{}")
        steps = tuple((before, after) for before, after in kept.get("renames", ()))
        return cls(steps, frozenset(kept.get("separate", ())), kept.get("restores", {}))

    def written(self) -> str:
        """The text to keep."""
        renames = [list(step) for step in self.steps]
        return json.dumps({"renames": renames, "separate": sorted(self.separate), "restores": dict(self.restores)})

    def with_intent(self, intent: Intent) -> "Decisions":
        """With newer answers, which hold instead of older ones about the same places."""
        decided = {*intent.renames.values(), *intent.separate, *intent.restores}
        steps = tuple(step for step in self.steps if step[1] not in decided and step[0] not in intent.renames)
        restores = {path: uid for path, uid in self.restores.items() if path not in decided}
        return Decisions(
            (*steps, *intent.renames.items()), self.separate - decided | intent.separate, restores | {**intent.restores}
        )

    def with_step(self, before: str, after: str) -> "Decisions":
        """With one more rename, which may go on from an earlier one."""
        return replace(self, steps=(*self.steps, (before, after)), separate=self.separate - {after})

    def without(self, concerns: Callable[[str], bool]) -> "Decisions":
        """Without what was decided about some new places."""
        return Decisions(
            tuple(step for step in self.steps if not concerns(step[1])),
            frozenset(path for path in self.separate if not concerns(path)),
            {path: uid for path, uid in self.restores.items() if not concerns(path)},
        )

    def intent(self, before: Callable[[str], bool], after: Callable[[str], bool]) -> Intent:
        """What of it fits: `before` says whether a path is in force, `after` whether it is in the draft."""
        renames: dict[str, str] = {}
        for start in dict.fromkeys(step[0] for step in self.steps):
            if before(start) and not after(start):
                ends = [end for end in _reached(self.steps, start) if after(end) and not before(end)]
                renames |= {start: ends[-1]} if ends and ends[-1] not in renames.values() else {}
        restores = {path: uid for path, uid in self.restores.items() if after(path)}
        return Intent(renames, frozenset(path for path in self.separate if after(path)), restores)


def _reached(steps: Iterable[Step], start: str) -> list[str]:
    """Where renames led from a path, one after the other."""
    found: list[str] = []
    for before, after in steps:
        if before in (start, *found):
            found.append(after)
    return found
