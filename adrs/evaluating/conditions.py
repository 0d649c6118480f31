"""What the machine was like while a program was timed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from adrs.evaluating.clock import Race
from adrs.evaluating.track import Track


@dataclass(frozen=True)
class Load:
    """How busy the machine is.

    Attributes:
        average: Processes that run or wait for a core, mean over about a minute.
        stolen_seconds: How long, since it started, a hypervisor gave the core to others (all cores, if none is named).
    """

    average: float
    stolen_seconds: float


class Watch:
    """Looks at the machine while programs race on a track; at nothing, where there is none."""

    def __init__(self, track: Track | None) -> None:
        self._track = track
        if track is not None:
            track.races.clear()
            self._before = read_load(track.core)

    def conditions(self) -> dict[str, float]:
        """Return what was seen since the beginning, by name."""
        if self._track is None:
            return {}
        before, after = self._before, read_load(self._track.core)
        found = {"load_before": before.average, "load_after": after.average}
        found["stolen_seconds"] = after.stolen_seconds - before.stolen_seconds
        if self._track.core is not None:
            found["core"] = float(self._track.core)
        return found | _of_races(self._track.races, self._track.clock.noise)


def read_load(core: int | None, stat: Path = Path("/proc/stat")) -> Load:
    """Return how busy the machine is now, and its `core` in particular."""
    return Load(os.getloadavg()[0], _stolen_seconds(core, stat))


def _stolen_seconds(core: int | None, stat: Path) -> float:
    name = "cpu" if core is None else f"cpu{core}"
    try:
        rows = [line.split() for line in stat.read_text().splitlines()]
    except OSError:
        return 0.0
    stolen = next((row[8] for row in rows if row[0] == name and len(row) > 8), "0")
    return int(stolen) / os.sysconf("SC_CLK_TCK")


def _of_races(races: Sequence[Race], bound: float) -> dict[str, float]:
    """Return how steady the races were; `noisy` ones stayed beyond the bound when they were run again."""
    if not races:
        return {"races": 0.0}
    return {
        "races": float(len(races)),
        "noisy": float(sum(race.noise > bound for race in races)),
        "noise": max(race.noise for race in races),
        "reference_cpu_seconds": median(race.reference_cpu_seconds for race in races),
    }
