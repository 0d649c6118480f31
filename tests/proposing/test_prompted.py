"""The conversation with a model: what it is asked, and what becomes of its answers."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from adrs.errors import ProviderUnavailable
from adrs.evaluation import Evaluation, Status
from adrs.llm import Completion, Prompt, Quote, Usage
from adrs.problem import Limits, Objective, PackFile, Problem, Stage
from adrs.program import Program
from adrs.prompting import Prompts
from adrs.proposing import Proposer
from adrs.proposing.prompted import Prompted
from adrs.trial import Parents, Trial

SEED = Program("def order(p, d):\n    return sorted(range(len(p)), key=lambda j: d[j])\n")
PACK = PackFile(
    name="toy",
    title="Toy",
    functions=("order",),
    objectives=(Objective(name="gap", description="Mean gap.", direction="min", unit="%", low=0, high=100),),
    limits=Limits(source_kb=1),
    stages=(Stage(name="all", split="train"),),
)
PROBLEM = Problem(Path("toy"), PACK, "Order the jobs.", SEED)
PARENTS = Parents((Trial(0, (), (), SEED, Evaluation(Status.VALID, "train", scores={"gap": 40.0}), "seed"),))
REPLY = """\
IDEA: {idea}

<<<<<<< SEARCH
    return sorted(range(len(p)), key=lambda j: {key}[j])
=======
    return []
>>>>>>> REPLACE
"""
GOOD = REPLY.format(idea="by work", key="d")
BAD = REPLY.format(idea="by size", key="q")


class Answering:
    """A model that gives its answers in turn and remembers what it was asked."""

    name = "answering"

    def __init__(self, *answers: str, finish: str = "stop") -> None:
        self.asked: list[tuple[Prompt, int]] = []
        self._answers = iter(answers)
        self._finish = finish

    def quote(self, prompt: Prompt) -> Quote:
        return Quote(0.0, 0)

    def complete(self, prompt: Prompt, *, seed: int) -> Completion:
        self.asked.append((prompt, seed))
        text = next(self._answers, None)
        if text is None:
            raise ProviderUnavailable("no answer is left")
        return Completion(text, f"answering-{len(self.asked)}", Usage(1, 1), 0.0, 0.0, finish=self._finish)


def prompted(model: Answering, *, repairs: int = 1, hints: Sequence[str] = ()) -> Prompted:
    return Prompted(model, prompts=Prompts(), references={"MDD": {"gap": 1.5}}, hints=lambda: hints, repairs=repairs)


def test_the_first_prompt_is_what_is_asked() -> None:
    model = Answering(GOOD)
    proposer: Proposer = prompted(model, hints=("Try less.",))
    proposal = proposer.propose(PROBLEM, PARENTS, Random(7))
    first = prompted(model, hints=("Try less.",)).first_prompt(PROBLEM, PARENTS)
    assert [asked for asked, _ in model.asked] == [first]
    assert [message.role for message in first.messages] == ["system", "user"]
    assert "MDD: gap = 1.5 %" in first.messages[1].content
    assert "- Try less." in first.messages[1].content
    assert proposer.name == "answering"
    assert (proposal.prompt, proposal.model, proposal.note) == (first.hash, "answering-1", "by work")
    assert (proposal.status, proposal.message) == (Status.VALID, "")
    assert proposal.program == Program("def order(p, d):\n    return []\n")


def test_the_same_randomness_asks_with_the_same_seeds() -> None:
    runs = [Answering(BAD, GOOD) for _ in range(2)]
    for model in runs:
        prompted(model).propose(PROBLEM, PARENTS, Random(7))
    assert runs[0].asked == runs[1].asked
    assert len({seed for _, seed in runs[0].asked}) == 2
    assert all(0 <= seed < 2**31 for _, seed in runs[0].asked)


def test_a_repair_goes_on_with_the_conversation_and_says_what_did_not_match() -> None:
    model = Answering(BAD, GOOD)
    proposal = prompted(model).propose(PROBLEM, PARENTS, Random(7))
    (first, _), (second, _) = model.asked
    assert second.messages[:2] == first.messages
    assert [message.role for message in second.messages[2:]] == ["assistant", "user"]
    assert second.messages[2].content == BAD
    assert "Block 1: its SEARCH text is not in the program" in second.messages[3].content
    assert "+    return sorted(range(len(p)), key=lambda j: d[j])" in second.messages[3].content
    assert proposal.program is not None
    assert (proposal.model, proposal.prompt, proposal.note) == ("answering-2", first.hash, "by work")


def test_an_idea_outlives_a_repair_that_does_not_repeat_it() -> None:
    proposal = prompted(Answering(BAD, GOOD.removeprefix("IDEA: by work"))).propose(PROBLEM, PARENTS, Random(7))
    assert proposal.note == "by size"


@pytest.mark.parametrize("repairs", [0, 1, 3])
def test_after_the_last_repair_the_attempt_is_unparsed(repairs: int) -> None:
    model = Answering(*[BAD] * 5)
    proposal = prompted(model, repairs=repairs).propose(PROBLEM, PARENTS, Random(7))
    assert len(model.asked) == repairs + 1
    assert [len(prompt.messages) for prompt, _ in model.asked] == [2 + 2 * k for k in range(repairs + 1)]
    assert (proposal.program, proposal.status, proposal.note) == (None, Status.UNPARSED, "by size")
    assert proposal.message.startswith("Block 1: its SEARCH text is not in the program.")
    assert proposal.prompt == model.asked[0][0].hash


def test_a_reply_that_was_cut_off_is_repaired_too() -> None:
    model = Answering(GOOD, GOOD, finish="length")
    proposal = prompted(model).propose(PROBLEM, PARENTS, Random(7))
    assert proposal.status is Status.UNPARSED
    assert "cut off at the length limit" in model.asked[1][0].messages[3].content


def test_an_empty_reply_is_asked_for_again_since_no_provider_takes_an_empty_message() -> None:
    model = Answering(" \n", GOOD)
    assert prompted(model).propose(PROBLEM, PARENTS, Random(7)).program is not None
    (first, seed), (second, other) = model.asked
    assert first == second
    assert seed != other


def test_a_long_reply_goes_back_without_its_middle() -> None:
    model = Answering("IDEA: long\n" + "blah " * 200_000, GOOD)
    assert prompted(model).propose(PROBLEM, PARENTS, Random(7)).program is not None
    quoted = model.asked[1][0].messages[2].content
    assert quoted.startswith("IDEA: long\n")
    assert len(quoted) < 2100


def test_half_a_surrogate_pair_is_no_crash() -> None:
    model = Answering("\ud800", GOOD.replace("[]", "'\udfff'"))
    proposal = prompted(model).propose(PROBLEM, PARENTS, Random(7))
    assert model.asked[1][0].messages[2].content == "?"
    assert proposal.program == Program("def order(p, d):\n    return '?'\n")


def test_our_own_failures_pass_through() -> None:
    with pytest.raises(ProviderUnavailable):
        prompted(Answering()).propose(PROBLEM, PARENTS, Random(7))
    with pytest.raises(ProviderUnavailable):
        prompted(Answering(BAD)).propose(PROBLEM, PARENTS, Random(7))


def test_a_trial_without_a_program_is_no_parent() -> None:
    failed = Trial(3, (0,), (), None, Evaluation(Status.UNPARSED), "m")
    with pytest.raises(ValueError, match="trial 3 has no program"):
        prompted(Answering(GOOD)).propose(PROBLEM, Parents((failed,)), Random(7))
