"""Islands of MAP-Elites grids, with migration in a ring."""

from collections.abc import Sequence
from random import Random

from adrs.problem import Problem
from adrs.search.attempts import Attempts
from adrs.search.grid import Axes, Grid
from adrs.search.options import require
from adrs.search.ranked import sigmoid
from adrs.trial import Parents, Trial


class Islands:
    """Populations that evolve apart, each a grid over the problem's features, and exchange their best now and then.

    Only ranks matter, never the size of a score. A parent loses weight with every child that it had, good or bad, so
    a search that stands still turns from its best programs to the others by itself.

    A trial without a known parent goes to every island, a child to an island of its main parent; where that lives on
    several (the seed, a migrant), the child's number tells which.

    Args:
        problem: What is improved.
        count: How many islands there are.
        migrate_every: Trials per island between two migrations; each sends a copy of its best to the next island.
        explore: Share of parents drawn from all cells alike; the others are drawn by rank and number of children.
        crossover: Share of trials with a second parent, from another cell of the same island.
        inspirations: Programs shown beside the parents, in turn from the same island and from the others.
        pressure: How steeply the weight of a parent falls with its place: see `adrs.search.ranked.sigmoid`.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        count: int = 4,
        migrate_every: int = 50,
        explore: float = 0.2,
        crossover: float = 0.2,
        inspirations: int = 3,
        pressure: float = 10.0,
    ) -> None:
        require("count", count, 1)
        require("migrate_every", migrate_every, 1)
        require("explore", explore, 0, 1)
        require("crossover", crossover, 0, 1)
        require("inspirations", inspirations, 0)
        require("pressure", pressure, 0, 100)
        axes = Axes(problem)
        self._grids = [Grid(problem, axes) for _ in range(count)]
        self._period = migrate_every * count
        self._explore = explore
        self._crossover = crossover
        self._inspirations = inspirations
        self._pressure = pressure
        self._attempts = Attempts(problem)
        self._homes: dict[int, tuple[int, ...]] = {}
        self._told = 0

    def ask(self, rng: Random) -> Parents:
        home = rng.randrange(len(self._grids))
        if not len(self._grids[home]):
            raise RuntimeError("no valid trial was told yet")
        parents = self._draw(home, rng, [])
        if rng.random() < self._crossover:
            parents += self._draw(home, rng, parents)
        inspirations: list[Trial] = []
        for turn in range(self._inspirations):
            island = home if turn % 2 == 0 else self._elsewhere(home, rng)
            inspirations += self._draw(island, rng, parents + inspirations)
        return Parents(tuple(parents), tuple(inspirations), self._attempts.failed(parents[0].number))

    def tell(self, trial: Trial) -> None:
        self._attempts.tell(trial)
        if trial.valid:
            for island in self._destinations(trial):
                self._settle(trial, island)
        self._told += 1
        if self._told % self._period == 0 and len(self._grids[0]):
            self._migrate()

    def _destinations(self, trial: Trial) -> Sequence[int]:
        homes = self._homes.get(trial.parents[0]) if trial.parents else None
        if homes is None:
            return range(len(self._grids))
        alive = [island for island in homes if trial.parents[0] in self._grids[island]] or homes
        return [alive[trial.number % len(alive)]]

    def _settle(self, trial: Trial, island: int) -> None:
        homes = self._homes.setdefault(trial.number, ())
        if (self._grids[island].add(trial) or not homes) and island not in homes:
            self._homes[trial.number] = (*homes, island)

    def _migrate(self) -> None:
        travellers = [grid.best for grid in self._grids]  # all chosen before any lands, so that none travels twice
        for origin, trial in enumerate(travellers):
            self._settle(trial, (origin + 1) % len(self._grids))

    def _elsewhere(self, home: int, rng: Random) -> int:
        others = len(self._grids) - 1
        return (home + 1 + rng.randrange(others)) % (others + 1) if others else home

    def _draw(self, island: int, rng: Random, chosen: Sequence[Trial]) -> list[Trial]:
        """Return one elite of the island that is not among the chosen, or none."""
        taken = {trial.number for trial in chosen}
        elites = [trial for trial in self._grids[island] if trial.number not in taken]
        if not elites:
            return []
        return rng.choices(elites, None if rng.random() < self._explore else self._weights(elites))

    def _weights(self, elites: Sequence[Trial]) -> list[float]:
        by_place = sigmoid(len(elites), self._pressure)
        return [
            weight / (1 + self._attempts.children(trial.number)) for weight, trial in zip(by_place, elites, strict=True)
        ]
