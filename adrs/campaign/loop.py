"""The loop: plan, propose, evaluate, tell. One thread decides; model threads and evaluation workers wait and work."""

import gc
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from adrs.archive import Planned, TrialState
from adrs.campaign import audits, decisions
from adrs.campaign.flight import State, Task
from adrs.campaign.parts import Outcome, Parts
from adrs.campaign.promotion import Promotion, promotion_json
from adrs.errors import BudgetExhausted, Interrupted, PackError, ProviderUnavailable, SandboxUnavailable
from adrs.evaluation import Audit, Evaluation, Status
from adrs.events import Audited, NewBest, Notice, Recalled, Stopping, TrialEnded
from adrs.problem import Split
from adrs.trial import Parents, Proposal, Spend, Trial


class Loop:
    """Runs one session of a campaign, from what the archive holds to the end of the budget."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._state = State()
        self.promotion = Promotion(
            parts.problem, parts.config.validate_top, audits=audits.required(parts.config, parts.problem)
        )
        self._width = decisions.width(parts.config)

    def run(self) -> Outcome:
        """Work until the budget, the target, the user or a failure of ours ends it; finish what is in flight."""
        self._restore()
        while True:
            self._look_for_an_end()
            if not self._parts.held(len(self._state.waiting)):
                self._plan()
                self._begin_evaluations()
                if not self._state.waiting:
                    break
            for task, future in self._state.ended():
                self._handle(task, future)
            self._parts.tick()
        return self._state.ending or Outcome("nothing was left to do", finished=True)

    # --- beginning, and beginning again

    def _restore(self) -> None:
        """Rebuild everything from the archive, and take up what an earlier session left unfinished."""
        planned = self._parts.archive.planned()
        for plan in planned:
            if plan.state is not TrialState.EVALUATED:  # what was promised them comes before new validations
                self._state.promised[plan.number] = self._parts.budget.begin_evaluation()
        validations = self._parts.archive.evaluations(self._parts.problem.judged)
        for trial in self._parts.archive.stream():
            self._parts.tell_user(Recalled(trial))
            self._hear(trial, validations.get(trial.number))
        self._restore_promotion()
        gc.freeze()  # what is there by now stays, and need not be looked through again and again
        self._state.next_number = self._parts.archive.counts()[0]
        for plan in planned:
            self._take_up(plan)

    def _restore_promotion(self) -> None:
        for number, audit in audits.audits(self._parts.archive).items():
            self.promotion.audited(number, audit)
        promoted = self._parts.archive.events("promoted")
        self.promotion.promoted = promoted[-1][2]["trial"] if promoted else None
        self._promote()

    def _take_up(self, plan: Planned) -> None:
        """Go on with a trial where an earlier session left it."""
        if plan.number not in self._state.promised:
            self._tell(plan.number)
        elif not self._state.promised[plan.number]:
            return  # it stays open, and goes on once the limit is raised
        elif plan.proposal is None:
            self._propose(plan.number, self._parents(plan))
        else:
            self._go_on(plan.number, plan.proposal)

    def _parents(self, plan: Planned) -> Parents | None:
        groups = [self._told(numbers) for numbers in (plan.parents, plan.inspirations, plan.failed)]
        return Parents(*groups) if plan.parents else None

    def _told(self, numbers: Sequence[int]) -> tuple[Trial, ...]:
        found = [self._parts.archive.trial(number) for number in numbers]
        return tuple(trial for trial in found if trial is not None)

    def _look_for_an_end(self) -> None:
        """Note the first reason to plan no more trials."""
        asked = self._parts.stop_asked()  # asked to the end: what waits for a model stops waiting
        if self._state.ending is not None:
            return
        seconds, budget = self._parts.seconds(), self._parts.budget
        limit = budget.exhausted(seconds)
        if asked is not None:
            self._end(Outcome(asked, interrupted=True))
        elif self.promotion.reached(self._parts.config.target):
            self._end(Outcome(f"the target of {self._parts.config.target:g} was reached", finished=True))
            self._close()
        elif limit is not None:
            self._end(Outcome(f"the budget of {limit} was used", finished=True))
            if budget.late(seconds):
                self._close()

    def _close(self) -> None:
        """Send nothing more, and wait for nothing that was not sent: it stays open, for a session that goes on."""
        self._state.closing = True
        self._parts.budget.stop()
        self._parts.stop_waiting()

    def _end(self, outcome: Outcome) -> None:
        if self._state.ending is None:
            self._state.ending = outcome
            self._parts.tell_user(Stopping(self._state.in_flight, outcome.reason))
        elif self._state.ending.finished and not outcome.finished:
            self._state.ending = outcome  # what was in flight did not come to its end
        if not outcome.finished:
            self._parts.budget.stop()

    # --- planning and proposing

    def _plan(self) -> None:
        while self._state.ending is None and self._has_room() and self._parts.budget.begin_trial():
            number = self._state.next_number
            self._state.next_number += 1
            parents = decisions.choose(self._parts.search, self._parts.config.seed, number)
            self._parts.archive.plan(number, parents, hints=self._parts.hints() if parents else ())
            self._propose(number, parents)
            self._look_for_an_end()

    def _has_room(self) -> bool:
        """Whether one more trial may be in flight: the seed program goes alone."""
        if self._state.next_number > 0 and not self._state.began:
            return False
        return self._state.in_flight < self._width

    def _propose(self, number: int, parents: Parents | None) -> None:
        if parents is None:
            self._proposed(number, decisions.seed_proposal(self._parts.problem))
            return
        proposer, problem, seed = self._parts.proposer(number), self._parts.problem, self._parts.config.seed
        future = self._parts.threads.submit(decisions.propose, proposer, problem, parents, seed=seed, number=number)
        self._state.wait_for(future, Task("propose", number))

    def _proposed(self, number: int, proposal: Proposal) -> None:
        proposal = self._state.meanings.marked(number, proposal)
        self._parts.archive.propose(number, proposal)
        self._go_on(number, proposal)

    def _go_on(self, number: int, proposal: Proposal) -> None:
        """Evaluate what was proposed, or tell that there is nothing to evaluate."""
        if proposal.program is None or proposal.status is not Status.VALID:
            self._parts.budget.return_evaluation()
            self._tell(number)
        else:
            self._state.meanings.add(number, proposal)
            self._state.queue.append(Task("train", number, proposal.program))

    # --- evaluating and telling

    def _begin_evaluations(self) -> None:
        while self._state.queue and self._parts.evaluations.free:
            task = self._state.queue.popleft()
            self._state.wait_for(self._begin(task), replace(task, since=time.monotonic()))

    def _begin(self, task: Task) -> "Future[Evaluation] | Future[Audit]":
        assert task.program is not None
        if task.kind != "audit":
            split: Split = "train" if task.kind == "train" else "validation"
            self._parts.archive.begin_evaluation(task.number, split)
            return self._parts.evaluations.evaluate(task.program, split)
        validation = self._parts.archive.evaluation(task.number, "validation")
        assert validation is not None  # only validated trials are audited
        key = audits.key(self._parts.archive, task.number)
        return self._parts.evaluations.audit(task.program, validation, key)

    def _handle(self, task: Task, future: "Future[Proposal] | Future[Evaluation] | Future[Audit]") -> None:
        error = future.exception()
        if error is not None:
            self._failed(task, error)
            return
        outcome = future.result()
        if isinstance(outcome, Proposal):
            self._proposed(task.number, outcome)
        elif isinstance(outcome, Audit):
            self._audited(task.number, outcome)
        else:
            self._evaluated(task, outcome)

    def _failed(self, task: Task, error: BaseException) -> None:
        """Our machinery failed: the trial stays open, and goes on when the campaign is resumed."""
        if self._state.closing and isinstance(error, Interrupted | ProviderUnavailable):
            return
        if isinstance(error, SandboxUnavailable) and task.kind != "propose" and not task.retried:
            self._parts.tell_user(Notice(f"trial {task.number} is evaluated again: {error}"))
            self._retry(task)
        elif isinstance(error, Interrupted):
            self._end(Outcome(self._parts.stop_asked() or str(error), interrupted=True))
        elif isinstance(error, BudgetExhausted) and self._parts.budget.paid:
            self._end(Outcome(str(error), finished=True))
        elif isinstance(error, Exception):
            self._end(Outcome(str(error) or type(error).__name__, error=error))
        else:
            raise error

    def _retry(self, task: Task) -> None:
        if task.kind != "audit":  # what failed took its time
            self._parts.budget.settle(Spend(), Spend(seconds=time.monotonic() - task.since))
        self._state.queue.append(Task(task.kind, task.number, task.program, retried=True))

    def _evaluated(self, task: Task, evaluation: Evaluation) -> None:
        self._parts.archive.add_evaluation(task.number, evaluation)
        self._parts.budget.end_evaluation(evaluation.seconds)
        if task.kind == "train":
            self._tell(task.number)
        else:
            self.promotion.validated(self._state.validating.pop(task.number), evaluation)
            self._promote()

    def _tell(self, number: int) -> None:
        trial = self._parts.archive.tell(number)
        self._hear(trial, trial.evaluation if self._parts.problem.pack.self_scored else None)
        self._parts.tell_user(TrialEnded(trial, self._parts.budget.spent, self._parts.seconds()))
        self._promote()

    def _hear(self, trial: Trial, validation: Evaluation | None) -> None:
        """Take in one finished trial, live or replayed, exactly alike."""
        self._state.began = True
        self._state.meanings.hear(trial)
        self._parts.search.tell(trial)
        if trial.number == 0 and not trial.valid:
            problem = self._parts.problem.name
            error = PackError(
                f"the seed program of {problem!r} is {trial.evaluation.status}: {trial.evaluation.message}"
            )
            self._end(Outcome(str(error), error=error))
        if not self.promotion.due(trial):
            return
        if validation is not None:
            self.promotion.validated(trial, validation)
        elif self._parts.budget.begin_evaluation():
            self._state.validating[trial.number] = trial
            self._state.queue.append(Task("validation", trial.number, trial.program))

    # --- promoting

    def _audited(self, number: int, audit: Audit) -> None:
        self._state.auditing = False
        audits.record(self._parts.archive, number, audit, due=True)
        self.promotion.audited(number, audit)
        self._parts.tell_user(Audited(number, audit))
        self._promote()

    def _promote(self) -> None:
        """Tell of a new best, and audit the trial that would be the next: one at a time, for it may spare others."""
        best, contender = self.promotion.promote(), self.promotion.contender
        if best is not None:
            self._parts.archive.add_event("promoted", promotion_json(*best))
            self._parts.tell_user(NewBest(*best))
        if contender is not None and not self._state.auditing:
            self._state.auditing = True
            self._state.queue.append(Task("audit", contender.number, contender.program))
