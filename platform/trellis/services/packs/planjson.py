"""What a change of packs would do, as JSON."""

from typing import Any

from trellis.kernel.messages import Translate
from trellis.metadata.layers.places import MISSING
from trellis.metadata.layers.upgrade import UpgradeItem
from trellis.services.packs.planning import PackPlan
from trellis.services.studio.planjson import plan_body


def pack_plan_body(found: PackPlan, translate: Translate) -> dict[str, Any]:
    """A plan as a JSON object, with what becomes of each change of the customer."""
    return {**plan_body(found.view, translate), "upgrade": [item_body(item) for item in found.items]}


def item_body(item: UpgradeItem) -> dict[str, Any]:
    """One change of the customer on new packs; a value that is not there is left out."""
    values = {"was": item.was, "now": item.now, "yours": item.mine}
    return {
        "extension": item.extension, "target": item.target, "verb": item.verb, "pointer": item.pointer,
        "outcome": item.outcome.value, "policy": item.policy, "forbidden": item.breach,
        **{name: value for name, value in values.items() if value is not MISSING},
    }  # fmt: skip
