"""Which trials were validated, audited and promoted, decided again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adrs.campaign import audits
from adrs.campaign.promotion import Promotion, promotion_json
from adrs.campaign.replaying.facts import Divergence, Facts
from adrs.evaluation import Audit, Evaluation
from adrs.trial import Trial


@dataclass(frozen=True)
class _Step:
    """A validation, or an audit.

    Attributes:
        trial: Whose.
        outcome: What came of it.
        by_hand: Whether it is an audit that a person asked for, between two sessions.
        begun: How many sessions had begun, where it is one by hand.
    """

    trial: Trial
    outcome: Evaluation | Audit
    by_hand: bool = False
    begun: int = 0


def ordered(facts: Facts) -> bool:
    """Return whether it is known in which order validations and audits came."""
    return _steps(facts) is not None


def validations(facts: Facts) -> Iterator[Divergence]:
    """Yield the trials that were validated and need not be, and those that need be and were not."""
    if facts.problem.pack.self_scored:
        return
    leading = _promotion(facts)
    due = [trial.number for trial in facts.told if leading.due(trial)]
    top, judged = facts.config.validate_top, set(facts.judged)
    for number in sorted(judged - set(due)):
        yield Divergence(number, "validation", "validated", f"not among the {top} best of its time on train")
    if facts.finished and facts.config.evaluations is None:
        for number in sorted(set(due) - judged):
            yield Divergence(number, "validation", "not validated", f"among the {top} best of its time on train")
    if facts.sequential and None not in facts.arrivals.values():
        own = {number for number in judged if not facts.given(number)}
        places = sorted(own, key=lambda number: facts.arrivals[number] or 0)
        for was, now in zip(places, [number for number in due if number in own], strict=False):
            if was != now:
                yield Divergence(min(was, now), "validation", f"trial {was} was next", f"trial {now} is next")
                return


def promotions(facts: Facts) -> Iterator[Divergence]:
    """Yield where an audit or a promotion is not what follows from the validations and audits before it."""
    recorded, steps = facts.of("promoted"), _steps(facts)
    if steps is None:
        yield from _outcome(facts, recorded)
        return
    podium = _Podium(facts)
    inherited = podium.inherit(steps)
    for step in steps[inherited:]:
        yield from podium.take(step)
    yield from podium.end()
    yield from _compare(facts, recorded[facts.inherited("promoted") :], podium.promoted)


def _promotion(facts: Facts) -> Promotion:
    known = "audit" in facts.record.config  # an adrs without audits wrote the others
    required = known and audits.required(facts.config, facts.problem)
    return Promotion(facts.problem, facts.config.validate_top, audits=required)


class _Podium:
    """The promotion as the loop conducts it, with every audit that may be due."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._promotion = _promotion(facts)
        self._due: list[int] = []
        self._by_hand: _Step | None = None
        self.promoted: list[dict[str, Any]] = []

    def inherit(self, steps: Sequence[_Step]) -> int:
        """Take in what a fork inherited, as its first session does; return how many steps that are."""
        if self._facts.origin is None:
            return 0
        leading = _promotion(self._facts)
        due = {trial.number for trial in self._facts.told if leading.due(trial)}
        inherited = steps[: _inherited(self._facts, steps)]
        for step in inherited:
            if isinstance(step.outcome, Audit):
                self._promotion.audited(step.trial.number, step.outcome)
            elif step.trial.number in due:
                self._promotion.validated(step.trial, step.outcome)
        promoted = self._facts.of("promoted")[: self._facts.inherited("promoted")]
        self._promotion.promoted = promoted[-1]["trial"] if promoted else None
        self._promote()
        return len(inherited)

    def take(self, step: _Step) -> Iterator[Divergence]:
        """Take in what happened next."""
        self._refresh(step.begun if step.by_hand else len(self._facts.sessions) + 1)
        if isinstance(step.outcome, Evaluation):
            self._promotion.validated(step.trial, step.outcome)
        else:
            yield from self._audited(step)
        if step.by_hand:
            self._by_hand = step
        else:
            self._promote()

    def end(self) -> Iterator[Divergence]:
        """Say what a finished campaign has left out."""
        self._refresh(len(self._facts.sessions))
        if self._due and self._facts.finished and self._by_hand is None:
            yield Divergence(self._due[0], "audit", "not audited", "due for an audit")

    def _refresh(self, begun: int) -> None:
        """A session that begins after an audit by hand looks for itself who leads."""
        if self._by_hand is not None and begun > self._by_hand.begun:
            self._by_hand = None
            self._due = []
            self._promote()

    def _audited(self, step: _Step) -> Iterator[Divergence]:
        assert isinstance(step.outcome, Audit)
        number, due = step.trial.number, self._due if len(self._facts.sessions) > 1 else self._due[:1]
        if not step.by_hand:
            if number not in due:  # a session that begins again may turn from one contender to a better one
                expected = f"an audit of trial {due[0]} is due" if due else "no audit is due"
                yield Divergence(number, "audit", "audited", expected)
            self._due = []
        self._promotion.audited(number, step.outcome)

    def _promote(self) -> None:
        best = self._promotion.promote()
        if best is not None:
            self.promoted.append(promotion_json(*best))
        contender = self._promotion.contender
        if contender is not None and contender.number not in self._due:
            self._due.append(contender.number)


def _inherited(facts: Facts, steps: Sequence[_Step]) -> int:
    """Return how many of the steps, the first ones, a fork inherited."""
    origin, audited, count = facts.origin, facts.inherited("audited"), 0
    for step in steps:
        if isinstance(step.outcome, Audit):
            audited -= 1
            own = audited < 0
        else:
            late = origin is not None and (facts.arrivals.get(step.trial.number) or 0) >= origin.evaluations
            own = not facts.given(step.trial.number) or (late and not facts.problem.pack.self_scored)
        if own:
            break
        count += 1
    return count


def _steps(facts: Facts) -> list[_Step] | None:
    """Return validations and audits in order; None where that is not known."""
    if facts.problem.pack.self_scored:  # the evaluation that is judged is the one that the search hears of
        leading = _promotion(facts)
        return [_validation(facts, trial.number) for trial in facts.told if leading.due(trial)]
    if any("audit" in data for data in facts.of("extended")):  # begun by an adrs without audits, resumed by one with
        return None
    audited = [(at, data) for at, kind, data in facts.events if kind == "audited" and data["trial"] in facts.trials]
    if None not in facts.arrivals.values() and all("after" in data for _, data in audited):
        return _merged(facts, audited)
    return _paired(facts, [data for _, data in audited]) if facts.sequential else None


def _merged(facts: Facts, audited: Sequence[tuple[float, Mapping[str, Any]]]) -> list[_Step]:
    """Return both by the place of each audit among the evaluations."""
    steps: list[_Step] = []
    left = sorted(facts.trials.keys() & facts.judged.keys(), key=lambda number: facts.arrivals[number] or 0)
    for at, data in audited:
        while left and (facts.arrivals[left[0]] or 0) < data["after"]:
            steps.append(_validation(facts, left.pop(0)))
        begun = 0 if data["due"] else facts.begun(at)
        steps.append(_Step(facts.trials[data["trial"]], audits.audit_of(data), not data["due"], begun))
    return steps + [_validation(facts, number) for number in left]


def _paired(facts: Facts, audited: Sequence[Mapping[str, Any]]) -> list[_Step] | None:
    """Return each validation with the audits that follow from it; None if one follows from none."""
    steps, left, leading = [], list(audited), _promotion(facts)
    for trial in facts.told:
        if trial.number not in facts.judged:
            continue
        steps.append(_validation(facts, trial.number))
        leading.validated(trial, facts.judged[trial.number])
        while left and leading.contender is not None and left[0]["trial"] == leading.contender.number:
            audit = audits.audit_of(left.pop(0))
            steps.append(_Step(leading.contender, audit))
            leading.audited(leading.contender.number, audit)
    return None if left else steps


def _validation(facts: Facts, number: int) -> _Step:
    return _Step(facts.trials[number], facts.judged[number])


def _compare(
    facts: Facts, recorded: Sequence[Mapping[str, Any]], replayed: Sequence[Mapping[str, Any]]
) -> Iterator[Divergence]:
    for place in range(max(len(recorded), len(replayed))):
        was = recorded[place] if place < len(recorded) else None
        now = replayed[place] if place < len(replayed) else None
        if was == now or (was is None and not facts.finished):  # a session that ended early left it to the next
            continue
        trial = (was or now or {"trial": 0})["trial"]
        yield Divergence(trial, "promotion", f"{_promoted(was)} in place {place}", _promoted(now))
        return


def _promoted(data: Mapping[str, Any] | None) -> str:
    if data is None:
        return "none promoted"
    scores = ", ".join(f"{name} {value:g}" for name, value in data["scores"].items())
    return f"trial {data['trial']} promoted with {scores}"


def _outcome(facts: Facts, recorded: Sequence[Mapping[str, Any]]) -> Iterator[Divergence]:
    """Yield where the last promotion is not of the trial that leads in the end; the order is not known."""
    last = max((at for at, kind, _ in facts.events if kind == "audited"), default=0.0)
    if not facts.finished or last > (facts.sessions[-1].ended or 0.0):  # an audit by hand promotes nothing
        return
    promotion = _promotion(facts)
    for number in facts.judged.keys() & facts.trials.keys():
        promotion.validated(facts.trials[number], facts.judged[number])
    for data in facts.of("audited"):
        promotion.audited(data["trial"], audits.audit_of(data))
    best = promotion.best
    if best is not None and (not recorded or dict(recorded[-1]) != promotion_json(*best)):
        was = _promoted(recorded[-1] if recorded else None)
        yield Divergence(best[0].number, "promotion", was, _promoted(promotion_json(*best)))
