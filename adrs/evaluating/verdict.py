"""What a foreign evaluator's answer means: a score, or a failure with its status. Nothing in it is trusted."""

import itertools
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adrs.evaluation import CandidateFailed, Status

SCORE = "combined_score"
_VALID = ("valid", "is_valid", "validity")
_DISASTERS = ("error", "error_message", "error_type", "exception", "traceback", "full_traceback", "failure_stage")
_LATE = re.compile(r"\btime(d)?[ -]?out\b", re.IGNORECASE)
_EXCEPTION = re.compile(r"\b[A-Z]\w*(Error|Exception)\b|^Traceback ", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last)"
_LONGEST_TEXT, _LONGEST = 1500, 5000
_LONGEST_KEPT, _MOST_KEPT, _DEEPEST = 20_000, 1000, 12


@dataclass(frozen=True)
class Outcome:
    """A valid answer.

    Attributes:
        score: What ranks the program: `combined_score`, else the mean of the metrics.
        figures: Every numeric metric; nested ones by their path, with dots.
        words: Everything else, by name: artifacts, metrics that are text.
    """

    score: float
    figures: Mapping[str, float]
    words: Mapping[str, str]

    def then(self, later: "Outcome", score: float) -> "Outcome":
        """Return this answer with that of a later stage laid over it."""
        return Outcome(score, {**self.figures, **later.figures}, {**self.words, **later.words})


def verdict(reply: Any, features: Collection[str] = ()) -> Outcome:
    """Return what `reply`, the answer of `run` in sandbox/foreign.py, comes to.

    Args:
        reply: The answer; anything at all.
        features: Metrics that describe a program rather than rate it; no part of the mean.

    Raises:
        CandidateFailed: The evaluator raised, said that the program failed, or gave no finite score.
    """
    reply = _tame(reply)
    if not isinstance(reply, dict) or not ("returned" in reply or "raised" in reply):
        raise CandidateFailed(Status.INVALID, "the evaluator's process answered something that was not asked")
    output = str(reply.get("output", "")).strip()
    if "raised" in reply:
        kind = _kind(str(reply["raised"]))
        status = Status.CRASHED if kind is Status.INVALID else kind
        raise CandidateFailed(status, _joined(str(reply["raised"]), {"output": output}))
    answer = _Answer(reply["returned"], output)
    answer.check_status()
    answer.check_error()
    answer.check_flags()
    score = answer.score(features)
    answer.check_disaster(score)
    return Outcome(score, answer.figures, answer.words())


def mean_or_score(figures: Mapping[str, float], features: Collection[str] = ()) -> float:
    """Return `combined_score`, else the mean of the figures that rate a program.

    Raises:
        CandidateFailed: There is none.
    """
    if SCORE in figures:
        return figures[SCORE]
    rating = {name: value for name, value in figures.items() if name not in features}
    rating = {name: value for name, value in rating.items() if "." not in name} or rating or dict(figures)
    if not rating:
        raise CandidateFailed(Status.INVALID, "the evaluator gave no numeric metric")
    try:
        return math.fsum(rating.values()) / len(rating)
    except OverflowError:
        raise CandidateFailed(Status.INVALID, "the mean of the metrics is too large for a number") from None


class _Answer:
    """What an evaluator returned, sorted into figures, flags and words."""

    def __init__(self, returned: Any, output: str) -> None:
        if not isinstance(returned, dict):
            what = f"the evaluator answered {returned!r:.1000}"
            raise CandidateFailed(Status.INVALID, f"{what}: neither a dict, nor an EvaluationResult or JSON object")
        self._output = output
        self._top = {name: value for name, value in returned.items() if name not in {"metrics", "artifacts"}}
        metrics, artifacts = returned.get("metrics"), returned.get("artifacts")
        self._metrics = {**(metrics if isinstance(metrics, dict) else {}), **self._top}
        self._artifacts = (
            artifacts if isinstance(artifacts, dict) else {} if artifacts is None else {"artifacts": artifacts}
        )
        self.figures = dict(_figures(self._metrics))

    def check_status(self) -> None:
        """Fail what SkyDiscover's protocol calls a failure."""
        status = self._top.get("status")
        if isinstance(status, str) and status.lower() not in {"success", "ok", "valid", "completed"}:
            if status.lower() == "timeout" or self._metrics.get("timeout") is True:
                self._fail(Status.TIMED_OUT, self._reason("the evaluator says that it took too long"))
            reason = self._reason(f"the evaluator says {status!r}")
            self._fail(_kind(f"{reason}\n{self._traces()}"), reason)

    def check_error(self) -> None:
        """Fail an answer that names an error; a number of that name is a metric unless it stands alone."""
        if self._metrics.get("timeout") is True:
            self._fail(Status.TIMED_OUT, self._reason("the evaluator says that it took too long"))
        error = self._metrics.get("error")
        if isinstance(error, str | dict | list) and error:
            self._fail(_kind(f"{error}\n{self._traces()}"), str(error))
        if error is True or (isinstance(error, int | float) and self.figures.keys() <= {"error", "stage1_passed"}):
            self._fail(Status.INVALID, self._reason("the evaluator gave nothing but an error"))

    def check_flags(self) -> None:
        """Fail an answer that says that the program is not valid."""
        for name in _VALID:
            value = self._metrics.get(name)
            if isinstance(value, bool | int | float) and value == 0:
                self._fail(Status.INVALID, self._reason(f"the evaluator says {name} = {value}"))
        for name in ("correct", "success"):
            if self._metrics.get(name) is False:
                self._fail(Status.INVALID, self._reason(f"the evaluator says {name} = False"))

    def score(self, features: Collection[str]) -> float:
        """Return the score.

        Raises:
            CandidateFailed: There is none, or a figure that it rests on is not finite.
        """
        for name, value in self.figures.items():
            resting = name == SCORE or (SCORE not in self.figures and name not in features)
            if resting and not math.isfinite(value):
                self._fail(Status.INVALID, f"{name} is {value}, not a finite number")
        if SCORE in self._metrics and SCORE not in self.figures:
            self._fail(Status.INVALID, f"{SCORE} is {self._metrics[SCORE]!r:.100}, not a number")
        value = mean_or_score(self.figures, features)
        self.figures = {name: figure for name, figure in self.figures.items() if math.isfinite(figure)}
        return value

    def check_disaster(self, score: float) -> None:
        """Fail what scored nothing and tells of an error beside it: a zero that stands for a failure."""
        told = [name for name in _DISASTERS if self._artifacts.get(name)]
        if score <= 0 and told:
            reason = self._reason("the evaluator tells of an error")
            self._fail(_kind(f"{reason}\n{self._traces()}"), reason)
        if _TRACEBACK in self._output and all(value == 0 for value in self.figures.values()):
            self._fail(
                _kind(self._output), f"the evaluator scored nothing, and printed\n{self._output[-_LONGEST_TEXT:]}"
            )

    def words(self) -> dict[str, str]:
        """Return all that is no figure, as text."""
        texts = {name: value for name, value in self._metrics.items() if not (_all_figures(value) or name == "status")}
        shown = {name: _text(value) for name, value in {**texts, **self._artifacts}.items() if value not in (None, "")}
        return shown | ({"output": self._output[-_LONGEST_TEXT:]} if self._output else {})

    def _traces(self) -> str:
        return "\n".join([self._output, *(value for value in self._artifacts.values() if isinstance(value, str))])

    def _reason(self, otherwise: str) -> str:
        """Return why the program failed, in the evaluator's own words where it has some."""
        for name in ("error", "error_message", "reason", "message", "stderr", "traceback", "summary"):
            value = self._artifacts.get(name) or self._metrics.get(name)
            if isinstance(value, str) and value.strip():
                return f"{otherwise}: {value.strip()[:_LONGEST_TEXT]}"
        return otherwise

    def _fail(self, status: Status, message: str) -> None:
        told = {name: text for name, text in self.words().items() if text[:100] not in message}
        raise CandidateFailed(status, _joined(message, told))


def _tame(value: Any, depth: int = 0) -> Any:
    """Return what was answered as plain Python data of a bounded size; anything else as a few words."""
    if value is None or type(value) in (bool, int, float):
        return value
    if isinstance(value, str):
        return value[:_LONGEST_KEPT]
    if isinstance(value, dict) and depth < _DEEPEST:
        return {name[:200]: _tame(each, depth + 1) for name, each in itertools.islice(value.items(), _MOST_KEPT)}
    if isinstance(value, list) and depth < _DEEPEST:
        return [_tame(each, depth + 1) for each in value[:_MOST_KEPT]]
    return f"({type(value).__name__})"


def _figures(metrics: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers among the metrics, nested ones too; of a vector as score, the first counts."""
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _figures(value, f"{path}{name}.")
        elif name == SCORE and not path and isinstance(value, list) and value and _numeric(value[0]):
            yield SCORE, float(value[0])
        elif _numeric(value):
            yield f"{path}{name}", float(value)


def _all_figures(value: Any) -> bool:
    return all(map(_all_figures, value.values())) if isinstance(value, dict) else _numeric(value)


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(reason: str) -> Status:
    """Return the status that fits a failure told in words."""
    if _LATE.search(reason.partition("\n")[0]):
        return Status.TIMED_OUT
    if "MemoryError" in reason:
        return Status.OUT_OF_MEMORY
    return Status.CRASHED if _EXCEPTION.search(reason) else Status.INVALID


def _text(value: Any) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else f"{value!r}"[:_LONGEST_TEXT]


def _joined(message: str, words: Mapping[str, str]) -> str:
    """Return the message, and after it what else was said."""
    parts = [message.strip()[: _LONGEST_TEXT * 2], *(f"{name}: {text.strip()}" for name, text in words.items() if text)]
    return "\n".join(parts)[:_LONGEST]
