"""What a campaign would do first, without spending anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import click

from adrs.campaign.models import open_campaign_model, open_prompted
from adrs.cli.bench import bench
from adrs.cli.output import print_json
from adrs.config import CampaignConfig
from adrs.errors import PackError
from adrs.evaluating.needs import needs_of
from adrs.llm import Prompt
from adrs.problem import Problem, load
from adrs.sandbox.choice import choose
from adrs.search.catalogue import open_search
from adrs.trial import Parents, Trial


def first_prompt(problem: Problem, *, on: Literal["auto", "docker", "local"], prompts: Path | None) -> Prompt:
    """Return the first prompt of a campaign; the seed and the references are evaluated for it."""
    scores: dict[str, Mapping[str, float]] = {}
    with bench(problem, on) as prepared:
        evaluation = prepared.evaluate(problem.seed, "train")
        if not evaluation.valid:
            raise PackError(f"the seed program is {evaluation.status}: {evaluation.message}", "Mend the pack.")
        seed = Trial(0, (), (), problem.seed, evaluation, "seed")
        baselines = problem.programs("baselines")
        for name in problem.pack.references:
            scores[name] = prepared.evaluate(baselines[name], "train").scores
    return open_prompted(prompts, scores).first_prompt(problem, Parents((seed,)))


def rehearse(config: CampaignConfig, *, as_json: bool) -> None:
    """Check settings, sandbox and keys; show the first prompt and the most that it can cost.

    Raises:
        AdrsError: The campaign could not begin.
    """
    problem = load(config.problem)
    open_search(config.search, problem, config.search_options)
    wall = choose(config.on, needs_of(problem))
    model = open_campaign_model(config, None)
    facts: dict[str, object] = {
        "problem": problem.name,
        "self_scored": problem.pack.self_scored,
        "search": config.search,
        "sandbox": wall.name,
    }
    facts |= {"model": config.model, "limits": config.limits().model_dump(exclude_none=True)}
    prompt = None
    if model is not None:
        prompt = first_prompt(problem, on=config.on, prompts=Path(config.prompts) if config.prompts else None)
        quote = model.quote(prompt)
        facts |= {"call_dollars_at_most": quote.dollars, "call_tokens_at_most": quote.tokens}
    if as_json:
        print_json({"event": "dry-run", **facts})
        return
    for message in prompt.messages if prompt else ():
        click.echo(f"--- {message.role} ---\n{message.content}")
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")
    click.echo("nothing was spent; the same command without --dry-run begins", err=True)
