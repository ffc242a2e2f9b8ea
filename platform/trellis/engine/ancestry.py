"""Who is above whom, walked from each one to the one right above; a circle is walked once."""

from collections.abc import Mapping

Parents = Mapping[str, str | None]


def upwards(parents: Parents, start: str | None) -> list[str]:
    """The one to start with and all above it, nearest first."""
    found: dict[str, None] = {}
    while start is not None and start not in found:
        found[start] = None
        start = parents.get(start)
    return list(found)


def circle(parents: Parents, start: str | None) -> list[str]:
    """Those in the circle that one runs into upwards, from top to bottom with the first once more; none is usual."""
    walked = upwards(parents, start)
    again = parents.get(walked[-1]) if walked else None
    if again is None:
        return []
    return [again, *reversed(walked[walked.index(again) :])]


def pairs(parents: Parents, *, reflexive: bool) -> dict[tuple[str, str], int]:
    """For each pair of above and below how far apart they are; `reflexive`: everyone is above themselves at depth 0."""
    return {
        (above, below): depth
        for below in parents
        for depth, above in enumerate(upwards(parents, below))
        if depth or reflexive
    }


def is_circular(parents: Parents) -> bool:
    """Whether anyone is above themselves."""
    sound: set[str] = set()
    for start in parents:
        walked: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in sound and here not in walked:
            walked[here] = None
            here = parents.get(here)
        if here in walked:
            return True
        sound |= walked.keys()
    return False
