"""What changes between two releases, in words: each difference as a sentence, and who is concerned."""

from trellis.engine.wording.changes import changes
from trellis.engine.wording.impact import Affected, Impact, impact, touched_fields
from trellis.engine.wording.worded import What, Worded

__all__ = ["Affected", "Impact", "What", "Worded", "changes", "impact", "touched_fields"]
