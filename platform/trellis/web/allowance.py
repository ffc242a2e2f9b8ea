"""How many requests somebody may make: a bucket for each person and each network, refilled as time goes by.

The buckets are those of this process: with several processes behind a balancer everybody may make as many more. Tries
to sign in are counted in the database, for all processes together.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime

from trellis.kernel.clock import Clock
from trellis.kernel.errors import TooManyRequests
from trellis.kernel.messages import Message

MINUTE = 60.0


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


@dataclass(slots=True)
class Allowance:
    """What everybody may do in a minute; 0 sets no limit. A minute's worth may be used at once."""

    clock: Clock
    per_minute: int
    most: int = 50_000
    """The most buckets that are kept at once."""
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, key: str) -> None:
        """Count a request; raises TooManyRequests that says in how many seconds there is room for the next."""
        if not self.per_minute or not key:
            return
        now = self.clock.now()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._add(key, now)
        passed = (now - bucket.at).total_seconds()
        bucket.left = min(float(self.per_minute), bucket.left + passed * self.per_minute / MINUTE)
        bucket.at = now
        if bucket.left < 1:
            wait = math.ceil((1 - bucket.left) * MINUTE / self.per_minute)
            raise TooManyRequests(Message("Too many requests. Wait a moment."), retry_after=wait)
        bucket.left -= 1

    def _add(self, key: str, now: datetime) -> _Bucket:
        if len(self._buckets) >= self.most:
            self._forget(now)
        bucket = self._buckets[key] = _Bucket(float(self.per_minute), now)
        return bucket

    def _forget(self, now: datetime) -> None:
        """Buckets that are full again say nothing; when all are in use, the oldest half goes."""
        kept = {key: one for key, one in self._buckets.items() if (now - one.at).total_seconds() < MINUTE}
        if len(kept) >= self.most:
            kept = dict(sorted(kept.items(), key=lambda item: item[1].at)[len(kept) // 2 :])
        self._buckets = kept
