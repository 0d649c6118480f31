"""A proposer that asks a language model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from adrs.evaluation import Status
from adrs.llm import Message, Model, Prompt
from adrs.problem import Problem
from adrs.program import Program
from adrs.prompting import Context, Prompts, clipped
from adrs.proposing.edits import Unparsed, edit, idea
from adrs.trial import Parents, Proposal


class Prompted:
    """Shows a model the parents, applies the edit that it answers, and asks again where that cannot be applied.

    Args:
        model: Who is asked.
        prompts: What it is told.
        references: Scores of known programs by name, on the split that parents are scored on.
        hints: Returns what the user wants to be tried, as of now.
        repairs: How often the model is told what did not match before the attempt counts as failed.
    """

    def __init__(
        self,
        model: Model,
        *,
        prompts: Prompts,
        references: Mapping[str, Mapping[str, float]] | None = None,
        hints: Callable[[], Sequence[str]] = lambda: (),
        repairs: int = 1,
    ) -> None:
        self.name = model.name
        self._model = model
        self._prompts = prompts
        self._references = references or {}
        self._hints = hints
        self._repairs = repairs

    def first_prompt(self, problem: Problem, parents: Parents) -> Prompt:
        """Return exactly what the model is asked first."""
        context = Context(problem, parents, self._references, tuple(self._hints()))
        stable = self._prompts.stable(context)
        user = Message("user", self._prompts.user(context), stable)
        return Prompt((Message("system", self._prompts.system()), user))

    def propose(self, problem: Problem, parents: Parents, rng: Random) -> Proposal:
        parent = parents.parents[0].program
        if parent is None:
            raise ValueError(f"trial {parents.parents[0].number} has no program and cannot be a parent")
        first = self.first_prompt(problem, parents)
        proposal = self._ask(first, parent, problem, rng, repairs=self._repairs)
        return replace(proposal, prompt=first.hash)

    def _ask(self, prompt: Prompt, parent: Program, problem: Problem, rng: Random, *, repairs: int) -> Proposal:
        completion = self._model.complete(prompt, seed=rng.getrandbits(31))
        reply = completion.text.encode(errors="replace").decode()  # half a surrogate pair can be neither kept nor sent
        try:
            edited = edit(reply, parent, problem, finish=completion.finish)
        except Unparsed as error:
            failed = Proposal(None, completion.model, Status.UNPARSED, str(error), note=idea(reply))
        else:
            return Proposal(edited.program, completion.model, note=edited.note)
        if not repairs:
            return failed
        again = self._ask(self._repair(prompt, reply, failed, problem), parent, problem, rng, repairs=repairs - 1)
        return replace(again, note=again.note or failed.note)

    def _repair(self, prompt: Prompt, reply: str, failed: Proposal, problem: Problem) -> Prompt:
        """Return the conversation so far with what did not match; an empty reply is simply asked for again."""
        if not reply.strip():
            return prompt
        quoted = clipped(reply, 2048 * problem.pack.limits.source_kb)  # twice the longest program
        return prompt.then("assistant", quoted).then("user", self._prompts.repair(problem, failed.message))
