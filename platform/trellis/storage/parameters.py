"""What statements read of the actor and of time, under the names that compiled expressions give these values."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from trellis.engine.expr.library.zones import zone_table
from trellis.metadata.storagekinds import ColumnKind, DateKind, DateTimeKind
from trellis.storage.codecs import encoder
from trellis.storage.expressions.binding import ZONE, role_parameter

_NAMES = {"me.id": "p_me_id", "me.team": "p_me_team", "me.email": "p_me_email", "today": "p_today", "now": "p_now"}
_KINDS: Mapping[str, ColumnKind] = {"today": DateKind(), "now": DateTimeKind()}


def actor_parameters(values: Mapping[str, object], roles: Iterable[str], dialect: str) -> dict[str, object]:
    """The parameters of any statement; `values` by their names in expressions, `roles` all roles there are."""
    found: dict[str, object] = {}
    for name, bind in _NAMES.items():
        encode = encoder(_KINDS[name], dialect) if name in _KINDS else None
        found[bind] = encode(values[name]) if encode else values[name]
    found[ZONE] = zone_table(str(values["zone"]))
    held = values["me.roles"]
    if isinstance(held, frozenset):
        found.update(_roles(tuple(roles), held))
    return found


@lru_cache(maxsize=512)
def _roles(known: tuple[str, ...], held: frozenset[str]) -> dict[str, bool]:
    return {role_parameter(role): role in held for role in known}
