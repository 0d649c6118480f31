"""Instances: processing times, and due dates drawn over the grid of due-date range (RDD) and tardiness factor (TF)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["hard", "easy", "shifted"]
RDD = TF = (0.2, 0.4, 0.6, 0.8, 1.0)
CELLS = tuple(list(product(RDD, TF))[7 * place % 25] for place in range(25))
"""All (RDD, TF), in an order in which neighbours differ in both."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One instance of 1||sum T_j: every job is there from the start.

    Attributes:
        name: Unique within the problem.
        group: The class that it belongs to, such as `n25 RDD 0.2 TF 0.4`.
        jobs: Number of jobs.
        rdd: Range of the due dates, relative to the total work.
        tf: Tardiness factor; 1 - tf is the mean due date, relative to the total work.
        p: Processing times, (jobs,), read-only. The order of the jobs carries no information.
        d: Due dates, (jobs,), read-only.
        optimum: Minimal total tardiness; None where none was proven.
        mdd: Total tardiness of the modified due date rule; None where it was not recorded.
        role: How its class is scored: `hard` by the gap to the optimum; `easy`, where the mean optimum is below one
            time unit per job, by extra tardiness; `shifted`, which no rule was trained for, beside the others.
    """

    name: str
    group: str
    jobs: int
    rdd: float
    tf: float
    p: NDArray[np.int64]
    d: NDArray[np.int64]
    optimum: int | None = None
    mdd: int | None = None
    role: Role = "hard"

    def __post_init__(self) -> None:
        self.p.flags.writeable = False
        self.d.flags.writeable = False


def generate(jobs: int, rdd: float, tf: float, *, seed: int, index: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return processing times U{1..100} and the due dates that `due_dates` draws for them.

    The stream depends on the arguments only, so an instance is the same in whichever set it appears.
    """
    rng = stream(jobs, rdd, tf, seed=seed, index=index)
    p = rng.integers(1, 101, size=jobs)
    return p, due_dates(p, rdd, tf, rng)


def stream(jobs: int, rdd: float, tf: float, *, seed: int, index: int) -> np.random.Generator:
    """Return the generator that draws one instance."""
    return np.random.default_rng([seed, jobs, round(100 * rdd), round(100 * tf), index])


def due_dates(p: NDArray[np.int64], rdd: float, tf: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return due dates U{floor W(1-tf-rdd/2) .. floor W(1-tf+rdd/2)}, clipped at 0; W is the total work."""
    work = int(p.sum())
    low, high = (int(np.floor(work * (1 - tf + side * rdd / 2) + 1e-9)) for side in (-1, 1))
    return np.maximum(rng.integers(low, high + 1, size=len(p)), 0)


def permuted(instance: Instance, rng: Random) -> Instance:
    """Return the same instance with its jobs in another order; its optimum is the same."""
    places = rng.sample(range(instance.jobs), instance.jobs)
    return replace(instance, p=instance.p[places], d=instance.d[places])


def grid(counts: Mapping[int, int], *, seed: int, prefix: str) -> list[Instance]:
    """Return `counts[jobs]` instances of each size in each of the 25 cells, their names beginning with `prefix`.

    They are interleaved: any prefix of the list holds cells and sizes in nearly their proportions.
    """
    places = [(turn, place, jobs) for jobs, count in counts.items() for turn in range(count) for place in range(25)]
    places.sort(key=lambda at: ((25 * at[0] + at[1] + 0.5) / counts[at[2]], at[2]))
    return [_instance(prefix, jobs, CELLS[place], seed, turn) for turn, place, jobs in places]


def _instance(prefix: str, jobs: int, cell: tuple[float, float], seed: int, index: int) -> Instance:
    rdd, tf = cell
    p, d = generate(jobs, rdd, tf, seed=seed, index=index)
    group = f"n{jobs} RDD {rdd} TF {tf}"
    return Instance(f"{prefix} {group} #{index}", group, jobs, rdd, tf, p, d)
