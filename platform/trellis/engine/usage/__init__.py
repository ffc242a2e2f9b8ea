"""What refers to what: every name in every document, with the exact place where it stands."""

from trellis.engine.usage.graph import Reference, Usage, references
from trellis.engine.usage.labels import label
from trellis.engine.usage.mentions import Mention, Use
from trellis.engine.usage.reading import mentions
from trellis.engine.usage.removal import Removal, Stage, removal

__all__ = ["Mention", "Reference", "Removal", "Stage", "Usage", "Use", "label", "mentions", "references", "removal"]
