"""How fast one model may be asked."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """The limits of one model; None is no limit.

    Attributes:
        concurrency: Requests in flight at a time.
        requests_per_minute: Requests sent in any minute, evenly spread.
        tokens_per_minute: Tokens read and written by the requests of any minute.
        outage_seconds: How long an outage is waited out.
    """

    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    outage_seconds: float = math.inf
