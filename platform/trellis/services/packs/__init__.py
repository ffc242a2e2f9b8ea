"""Packs of a workspace: which there are, and how they come, change and go."""

from trellis.services.packs.composing import Disabling, Enabling, Installing, PackChange, Uninstalling
from trellis.services.packs.installing import DoesNotFit, install
from trellis.services.packs.planning import PackPlan, plan, publish, require_packs

__all__ = [
    "Disabling", "DoesNotFit", "Enabling", "Installing", "PackChange", "PackPlan", "Uninstalling", "install", "plan",
    "publish", "require_packs",
]  # fmt: skip
