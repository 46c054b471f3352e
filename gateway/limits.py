"""Rate limits per caller, told in the RateLimit headers (draft-ietf-httpapi-ratelimit-headers)."""

import math
import threading
import time

from chassis.errors import TooManyRequests
from gateway.settings import Quota
from gateway.visit import Visit

SWEEP_ABOVE = 10_000
"""So many callers are remembered before those that have their whole quota again are forgotten."""


class RateLimit:
    """A quota for each key, by the generic cell rate algorithm (ITU-T I.371): bursts up to the quota, then its rate.

    One number is kept for a key: the instant at which its quota would be whole again. The count is this process's own;
    with several workers or replicas a caller has the quota at each.
    """

    def __init__(self, name: str, quota: Quota | None) -> None:
        self._quota = quota
        self._whole_at: dict[str, float] = {}
        self._lock = threading.Lock()
        if quota:
            self._interval = quota.seconds / quota.requests
            self._policy = ("RateLimit-Policy", f'"{name}";q={quota.requests};w={quota.seconds}')
            self._name = name

    def take(self, key: str, visit: Visit) -> None:
        """Count one request and put the headers on its reply; raises TooManyRequests when the quota is used up."""
        if not self._quota:
            return
        now = time.monotonic()
        with self._lock:
            whole_at = max(self._whole_at.get(key, 0.0), now) + self._interval
            used_up = whole_at - now > self._quota.seconds
            if not used_up:
                self._whole_at[key] = whole_at
            if len(self._whole_at) > SWEEP_ABOVE:
                self._forget_idle(now)
        remaining = 0 if used_up else int((self._quota.seconds - (whole_at - now)) / self._interval + 1e-6)
        visit.headers += (
            self._policy,
            ("RateLimit", f'"{self._name}";r={remaining};t={math.ceil(whole_at - now)}'),
        )
        if used_up:
            raise TooManyRequests(retry_after=max(math.ceil(whole_at - now - self._quota.seconds), 1))

    def _forget_idle(self, now: float) -> None:
        self._whole_at = {key: whole_at for key, whole_at in self._whole_at.items() if whole_at > now}
