"""Outages of providers: met in model threads, told and noted in the controller's."""

import time
from dataclasses import asdict
from queue import SimpleQueue

from adrs.archive import Archive
from adrs.events import Listener, Notice
from adrs.llm.scheduling.schedulers import Schedulers
from adrs.llm.scheduling.weather import Outage, Weather


class Providers:
    """The lines in which a campaign's requests wait, and what their providers are like."""

    def __init__(self) -> None:
        self._news: SimpleQueue[Weather] = SimpleQueue()
        self.schedulers = Schedulers(self._news.put)

    def pass_on(self, archive: Archive, listener: Listener) -> None:
        """Note and tell what has happened since the last time; only the controller's thread calls this."""
        while not self._news.empty():
            weather = self._news.get()
            archive.add_event("outage" if isinstance(weather, Outage) else "cleared", asdict(weather))
            listener(Notice(_words(weather)))


def _words(weather: Weather) -> str:
    if isinstance(weather, Outage):
        probe = time.strftime("%H:%M:%S", time.localtime(weather.probe))
        return f"waiting for {weather.model!r}, which is asked again from {probe} on: {weather.reason}"
    return f"{weather.model!r} answers again, after {weather.seconds:.0f} s"
