"""Measuring a problem's published baselines at the start of a campaign, so that its results can be set beside them."""

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait

from adrs.campaign.parts import Parts
from adrs.errors import Interrupted, PackError
from adrs.evaluation import Evaluation
from adrs.events import Notice
from adrs.problem import Split

_SPLITS: tuple[Split, ...] = ("train", "validation")


def measure_references(parts: Parts) -> None:
    """Evaluate the declared references that the archive has no figures of; not counted against the budget.

    Raises:
        PackError: A reference is not a baseline of the pack, or is not valid.
    """
    baselines = parts.problem.programs("baselines")
    known = {(name, split) for split in _SPLITS for name in parts.archive.references(split)}
    names = [(name, split) for name in parts.problem.pack.references for split in _SPLITS]
    queue = deque(pair for pair in names if pair not in known)
    if queue:
        parts.tell_user(Notice(f"measuring the references {', '.join(parts.problem.pack.references)} first"))
    waiting: dict[Future[Evaluation], str] = {}
    while queue or waiting:
        while queue and parts.evaluations.free:
            name, split = queue.popleft()
            if name not in baselines:
                raise PackError(f"the reference {name!r} of {parts.problem.name!r} is no file in baselines/")
            waiting[parts.evaluations.evaluate(baselines[name], split)] = name
        for future in wait(waiting, timeout=1.0, return_when=FIRST_COMPLETED).done:
            _keep(parts, waiting.pop(future), future.result())
        parts.tick()
        asked = parts.stop_asked()
        if asked is not None:
            raise Interrupted(asked)


def _keep(parts: Parts, name: str, evaluation: Evaluation) -> None:
    if not evaluation.valid:
        raise PackError(
            f"the reference {name!r} of {parts.problem.name!r} is {evaluation.status}: {evaluation.message}"
        )
    parts.archive.add_reference(name, evaluation)
