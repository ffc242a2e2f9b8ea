"""The log of one workspace, for what is done with the log itself: it needs neither an actor nor a release."""

from dataclasses import dataclass
from datetime import datetime

from trellis.kernel.clock import Clock
from trellis.services.audit.hashes import Key, key_of
from trellis.services.context import Context
from trellis.storage.database import Database, Workspace
from trellis.storage.moments import to_number


@dataclass(frozen=True, slots=True)
class Log:
    """Where the log is, and what time it is."""

    database: Database
    workspace: Workspace
    clock: Clock

    @property
    def key(self) -> Key:
        """What the log is sealed with."""
        return key_of(self.workspace)

    @property
    def now(self) -> datetime:
        """This moment."""
        return self.clock.now()

    @property
    def moment(self) -> int:
        """This moment as tables keep it."""
        return to_number(self.now)


def log_of(context: Context) -> Log:
    """The log of a context's workspace."""
    return Log(context.database, context.workspace, context.clock)
