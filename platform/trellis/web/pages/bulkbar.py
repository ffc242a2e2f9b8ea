"""What stands below a list for the rows that are chosen."""

from dataclasses import dataclass

from trellis.kernel.identity import new_id
from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.handing.bulk import CHANGE, DELETE, SHARE, offered
from trellis.web.pages.liststate import ListState

_ACTIONS = {DELETE: "delete", SHARE: "share", CHANGE: "change"}
"""What views call what is done to many records."""


@dataclass(frozen=True, slots=True)
class BulkBar:
    """Where one does what with the chosen rows; an address is empty where that cannot be done at all."""

    once: str
    """An id for what is done next, so that sending it twice does it once."""
    assign: str = ""
    share: str = ""
    change: str = ""
    delete: str = ""
    export: str = ""
    """To be completed with the format."""


def bulk_bar(
    context: Context, entity: Entity, state: ListState, wanted: frozenset[str], *, may_export: bool
) -> BulkBar | None:
    """What the actor can do with several records of a list in this state, of what the view wants; None for nothing."""
    access = context.access
    deeds = {deed for deed in offered(context, entity) if _ACTIONS[deed] in wanted}
    assigns = entity.traits.owned and access.allows(entity.id, "assign") and access.system("bulk_update")
    gives = assigns and "assign" in wanted
    if not (deeds or gives or may_export):
        return None

    def place(name: str, *, more: str = "") -> str:
        return place_of(state, name) + more

    export = place("export")
    return BulkBar(
        new_id(context.clock.now()),
        assign=place("assign") if gives else "",
        share=place("share") if SHARE in deeds else "",
        change=place("change") if CHANGE in deeds else "",
        delete=place("delete") if DELETE in deeds else "",
        export=f"{export}{'&' if '?' in export else '?'}format=" if may_export else "",
    )


def place_of(state: ListState, name: str) -> str:
    """The address of a page beside the list, which knows the state of the list."""
    path, _, rest = state.url().partition("?")
    return f"{path}/{name}{rest and '?'}{rest}"
