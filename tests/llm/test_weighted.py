from collections import Counter

from adrs.llm import Message, Prompt, Quote
from adrs.llm.scripted import Reply, Scripted
from adrs.llm.weighted import Weighted

PROMPT = Prompt((Message("user", "?"),))


def says(text: str, dollars: float = 0.0) -> Scripted:
    return Scripted([Reply(text=text, dollars=dollars)], cycle=True)


def test_choices_follow_the_weights() -> None:
    model = Weighted([(says("a"), 3.0), (says("b"), 1.0)])
    drawn = Counter(model.complete(PROMPT, seed=seed).text for seed in range(1000))
    assert 700 < drawn["a"] < 800
    assert drawn["a"] + drawn["b"] == 1000


def test_the_seed_decides_whatever_was_drawn_before() -> None:
    first, second = (Weighted([(says("a"), 1.0), (says("b"), 1.0)]) for _ in range(2))
    forwards = {seed: first.complete(PROMPT, seed=seed).text for seed in range(20)}
    backwards = {seed: second.complete(PROMPT, seed=seed).text for seed in reversed(range(20))}
    assert forwards == backwards


def test_the_quote_covers_every_choice() -> None:
    cheap, dear = says("a", 1.0), says("a long answer", 5.0)
    quote = Weighted([(cheap, 1.0), (dear, 1.0)]).quote(PROMPT)
    assert quote == Quote(5.0, dear.quote(PROMPT).tokens)
