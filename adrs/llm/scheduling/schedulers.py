"""The schedulers of a process: one for each model at each provider or endpoint."""

import threading

from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.scheduler import Scheduler
from adrs.llm.scheduling.weather import Hear


class Schedulers:
    """Hands out schedulers, the same for the same model. Safe to use from many threads."""

    def __init__(self, hear: Hear = lambda weather: None) -> None:
        """Have `hear` told of the outages of all models."""
        self._hear = hear
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str | None], Scheduler] = {}

    def of(self, name: str, base_url: str | None, pace: Pace) -> Scheduler:
        """Return the scheduler of the model `name` at an endpoint, or at its provider; `pace` counts the first time."""
        with self._lock:
            if (name, base_url) not in self._known:
                self._known[name, base_url] = Scheduler(name, pace, hear=self._hear)
            return self._known[name, base_url]

    @property
    def calm(self) -> bool:
        """Whether there are providers, all of them are up, and no request waits in line."""
        with self._lock:
            return bool(self._known) and all(scheduler.calm for scheduler in self._known.values())
