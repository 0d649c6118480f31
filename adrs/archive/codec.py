"""Per-instance results as two columns: what ran (shared by all trials of a split), and what came out."""

import json
import zlib
from collections.abc import Sequence

from adrs.evaluation import Result


def listing(results: Sequence[Result]) -> str:
    """Return the instances and groups of `results` as text; the same text for every trial on the same split."""
    return json.dumps([[result.instance, result.group] for result in results], separators=(",", ":"))


def columns(results: Sequence[Result]) -> bytes:
    """Return the scores of `results`, one list per name, deflated."""
    names = list(results[0].scores) if results else []
    table = {name: [float(result.scores[name]) for result in results] for name in names}
    return zlib.compress(json.dumps(table, separators=(",", ":")).encode())


def results(listed: str, packed: bytes) -> tuple[Result, ...]:
    """Return what `listing` and `columns` were made from."""
    table: dict[str, list[float]] = json.loads(zlib.decompress(packed))
    return tuple(
        Result(instance, group, {name: values[row] for name, values in table.items()})
        for row, (instance, group) in enumerate(json.loads(listed))
    )
