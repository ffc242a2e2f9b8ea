"""What statements read of the actor and of time, under the names that compiled expressions give these values."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from trellis.engine.expr.library.zones import zone_table
from trellis.metadata.storagekinds import ColumnKind, DateKind, DateTimeKind
from trellis.storage.codecs import encoder
from trellis.storage.connection import POSTGRESQL
from trellis.storage.expressions.binding import ZONE, role_parameter
from trellis.storage.moments import to_number
from trellis.storage.reach import GRANTEES, MOMENT

_NAMES = {"me.id": "p_me_id", "me.team": "p_me_team", "me.email": "p_me_email", "today": "p_today", "now": "p_now"}
_KINDS: Mapping[str, ColumnKind] = {"today": DateKind(), "now": DateTimeKind()}


def actor_parameters(
    values: Mapping[str, object], roles: Iterable[str], dialect: str, wanted: frozenset[str] | None = None
) -> dict[str, object]:
    """The parameters of any statement, or of one that asks for those `wanted`.

    `values` stand by their names in expressions, `roles` are all roles there are.
    """
    found: dict[str, object] = {}
    for name, bind in _NAMES.items():
        encode = encoder(_KINDS[name], dialect) if name in _KINDS else None
        found[bind] = encode(values[name]) if encode else values[name]
    given = values["me.grantees"]
    found[GRANTEES] = given if dialect == POSTGRESQL else json.dumps(given)
    moment = values["now"]
    found[MOMENT] = to_number(moment) if isinstance(moment, datetime) else 0
    found[ZONE] = zone_table(str(values["zone"]))
    held = values["me.roles"]
    if isinstance(held, frozenset) and (wanted is None or not wanted <= found.keys()):
        found.update(_roles(tuple(roles), held))
    return found


@lru_cache(maxsize=512)
def _roles(known: tuple[str, ...], held: frozenset[str]) -> dict[str, bool]:
    return {role_parameter(role): role in held for role in known}
