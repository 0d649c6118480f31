"""What a model is told about how a program did: where its gap lies, beside that of the modified due date rule (MDD)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from adrs.evaluation import Result

from .instances import RDD, TF
from .scoring import Columns


@dataclass(frozen=True)
class _Class:
    """Gaps of one class in %."""

    name: str
    gap: float
    mdd: float

    def __str__(self) -> str:
        return f"{self.gap:.2f} ({self.mdd:.2f})"


def feedback(results: Sequence[Result]) -> str:
    """Return the gaps of the hard classes as a table and by size, where it stands furthest from MDD, and the rest."""
    columns = Columns.of(results)
    classes = [_Class(*each) for each in zip(columns.groups, columns.gaps(), columns.gaps("mdd"), strict=True)]
    hard = [one for one, chosen in zip(classes, columns.only("hard"), strict=True) if chosen]
    shifted = [one for one in classes if " RDD " not in one.name]
    lines = [*_table(hard), *_by_size(hard), *_extremes(hard), *_easy(columns)]
    return "\n".join(lines + [f"Unlike the training instances: {_listed(shifted)}." for _ in shifted[:1]])


def _table(hard: Sequence[_Class]) -> Iterator[str]:
    yield "Gap to the optimum in %, MDD's in brackets; rows RDD, columns TF, mean over sizes, - where it is tiny:"
    yield "".join(f"{tf:>16}" for tf in TF)
    for rdd in RDD:
        cells = (_mean(one for one in hard if one.name.endswith(f" RDD {rdd} TF {tf}")) for tf in TF)
        yield f"{rdd}" + "".join(f"{cell:>16}" for cell in cells)[3:]


def _by_size(hard: Sequence[_Class]) -> Iterator[str]:
    sizes = dict.fromkeys(one.name.split()[0] for one in hard)
    means = (f"{size} {_mean(one for one in hard if one.name.startswith(f'{size} '))}" for size in sizes)
    yield f"By number of jobs: {', '.join(means)}."


def _extremes(hard: Sequence[_Class]) -> Iterator[str]:
    ranked = sorted(hard, key=lambda one: one.gap - one.mdd)
    ahead = [one for one in ranked[:3] if one.gap < one.mdd]
    behind = [one for one in ranked[:-4:-1] if one.gap > one.mdd]
    if ahead:
        yield f"Furthest ahead of MDD: {_listed(ahead)}."
    if behind:
        yield f"Furthest behind MDD: {_listed(behind)}."


def _easy(columns: Columns) -> Iterator[str]:
    easy, extra = columns.only("easy"), columns.extra()
    worst = max((place for place in range(len(easy)) if easy[place]), key=lambda place: float(extra[place]))
    needless = sum((columns["optimum"] == 0) & (columns["tardiness"] > 0))
    yield (
        f"Easy classes: {extra[easy].mean():+.4f} time units of tardiness per job against MDD (worst "
        f"{columns.groups[worst]}: {extra[worst]:+.4f}); {needless} instances tardy that need not be."
    )


def _mean(classes: Iterable[_Class]) -> str:
    chosen = list(classes)
    return str(_Class("", fmean(c.gap for c in chosen), fmean(c.mdd for c in chosen))) if chosen else "-"


def _listed(classes: Sequence[_Class]) -> str:
    return ", ".join(f"{one.name} {one}" for one in classes)
