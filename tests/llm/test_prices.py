import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.llm import Message, Prompt, Usage
from adrs.llm.prices import Price, Terms, list_price, most_tokens, parse_price
from adrs.llm.tokens import count

RATES = st.floats(0, 1e-3)
STORED = st.one_of(st.none(), RATES)
PRICES = st.builds(Price, RATES, RATES, RATES, stored=STORED)
STEPPED = st.builds(Price, RATES, RATES, RATES, st.integers(1, 1000), PRICES, STORED)
PROMPTS = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), st.text())).map(
    lambda messages: Prompt(tuple(messages))
)


def test_cached_tokens_cost_their_own_price() -> None:
    price = parse_price("1.25,10,0.125")
    assert price.dollars(Usage(1_000_000, 0)) == pytest.approx(1.25)
    assert price.dollars(Usage(1_000_000, 100_000, cached=600_000)) == pytest.approx(0.4 * 1.25 + 0.6 * 0.125 + 1.0)


def test_cached_tokens_cost_the_full_price_where_nothing_is_said() -> None:
    assert parse_price("2,3").dollars(Usage(1_000_000, 0, cached=1_000_000)) == pytest.approx(2.0)


def test_zero_is_a_price_if_it_is_given() -> None:
    assert parse_price("0,0").dollars(Usage(5, 5)) == 0.0


@pytest.mark.parametrize("text", ["", "1", "1,2,3,4", "a,b", "1,-2", "nan,1", "1,inf", "1;2"])
def test_what_is_no_price_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a price") as caught:
        parse_price(text)
    assert "PROMPT,COMPLETION" in caught.value.todo


@given(st.one_of(PRICES, STEPPED), st.integers(0, 3000), st.integers(0, 3000), st.data())
def test_no_usage_within_the_bound_costs_more_than_the_most(
    price: Price, prompt: int, completion: int, data: st.DataObject
) -> None:
    used = data.draw(st.integers(0, prompt))
    usage = Usage(used, data.draw(st.integers(0, completion)), data.draw(st.integers(0, used)))
    stored = data.draw(st.integers(0, used - usage.cached))
    assert price.dollars(usage, stored=stored) <= price.most(prompt, completion) * (1 + 1e-12)


def test_a_long_prompt_costs_more_from_its_first_token_on() -> None:
    price = Price(1.0, 1.0, 1.0, limit=10, beyond=Price(2.0, 2.0, 2.0))
    assert price.dollars(Usage(10, 1)) == 11.0
    assert price.dollars(Usage(11, 1)) == 24.0


def test_a_quote_has_the_longest_reply() -> None:
    prompt = Prompt((Message("user", "x" * 1000),))
    quote = Terms(parse_price("1,10"), 500, None, 1.0).quote(prompt)
    assert 1500 <= quote.tokens <= 1600
    assert quote.dollars == pytest.approx((quote.tokens - 500) * 1e-6 + 500 * 1e-5)


@pytest.mark.usefixtures("litellm_loaded")
@given(PROMPTS)
@settings(deadline=None)  # the first call loads the vocabulary
def test_no_prompt_has_more_tokens_than_the_bound(prompt: Prompt) -> None:
    counted = count(prompt, "openai/gpt-4o")
    assert counted.exact
    assert counted.number <= most_tokens(prompt)


@pytest.mark.parametrize("name", ["openai/gpt-5", "anthropic/claude-sonnet-4-5", "deepseek/deepseek-chat", "gpt-4o"])
def test_list_prices_are_per_token_and_cheaper_from_the_cache(name: str) -> None:
    price = list_price(name)
    assert 1e-8 < price.cached < price.prompt < price.completion < 1e-3


@pytest.mark.usefixtures("litellm_loaded")
def test_what_a_provider_asks_for_filling_its_cache_is_in_the_bound() -> None:
    price = list_price("anthropic/claude-sonnet-4-5")
    assert price.stored is not None
    assert price.stored > price.prompt
    assert price.most(1000, 0) == 1000 * price.stored
    assert list_price("openai/gpt-5").stored is None


def test_a_list_price_that_rises_with_length() -> None:
    price = list_price("gemini/gemini-2.5-pro")
    assert price.limit == 200_000
    assert price.beyond is not None
    assert price.prompt < price.beyond.prompt
    assert price.completion < price.beyond.completion


@pytest.mark.parametrize("name", ["openai/no-such-model", "anthropic/gpt-5", "ollama/llama3"])
def test_an_unknown_price_is_an_error_and_never_zero(name: str) -> None:
    with pytest.raises(ConfigError, match="is not known") as caught:
        list_price(name)
    assert "--price" in caught.value.todo
