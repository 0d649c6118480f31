"""`adrs run`: start a campaign."""

from pathlib import Path
from typing import Any

import click

from adrs.cli.names import ProblemName
from adrs.cli.output import json_option

_EXAMPLES = """\b
Examples:
  adrs run smtt
  adrs run smtt --model openai/gpt-5 --dollars 5
"""

_SETTINGS = (
    click.option(
        "--model", help="Who rewrites programs: mutator, a litellm name, mailbox, scripted:FILE, recorded:FILE."
    ),
    click.option("--trials", type=int, help="Most attempts, failed ones included."),
    click.option("--evaluations", type=int, help="Most evaluations, on train and on validation."),
    click.option("--dollars", type=float, help="Most dollars for model calls."),
    click.option("--tokens", type=int, help="Most tokens for model calls."),
    click.option("--evaluator-seconds", type=float, help="Most seconds of evaluations, added up over the workers."),
    click.option("--seconds", type=float, help="Longest wall time."),
    click.option("--target", type=float, help="Stop once the leading objective reaches this on validation."),
    click.option("--workers", type=int, help="Evaluations at a time; 1 makes a run repeatable bit for bit."),
    click.option("--model-threads", type=int, help="Model calls at a time."),
    click.option("--concurrency", type=int, help="Requests to one model in flight at a time."),
    click.option("--requests-per-minute", type=int, help="Most requests to one model in any minute."),
    click.option("--tokens-per-minute", type=int, help="Most tokens of one model in any minute."),
    click.option("--outage-seconds", type=float, help="How long a provider that is down is waited for."),
    click.option("--hedge-seconds", type=float, help="Send a request again that is unanswered for so long."),
    click.option("--on", type=click.Choice(["auto", "docker", "local"]), help="Where candidates run."),
    click.option("--audit/--no-audit", default=None, help="Whether the best must have passed an audit (it must)."),
    click.option("--isolation", type=click.Choice(["warm", "fresh"]), help="fresh: a container per candidate."),
    click.option("--runtime", help="Docker's runtime for the containers, such as runsc (gVisor)."),
    click.option("--seed", type=int, help="All randomness of the campaign follows from it."),
    click.option("--search", help="islands, greedy, best_of_n, or package.module:Class."),
    click.option("--name", help="The run's name; made up if absent."),
    click.option("--runs", help="Folder of campaign folders."),
    click.option("--archive", help="postgresql://USER@HOST/DATABASE, for an archive in a database."),
    click.option("--base-url", help="An OpenAI-compatible endpoint that serves the model."),
    click.option("--price", help="Dollars per million tokens: PROMPT,COMPLETION[,CACHED]."),
    click.option("--record", help="A cassette to which every reply is appended, for `--model recorded:FILE`."),
    click.option("--max-tokens", type=int, help="Longest reply."),
    click.option("--temperature", type=float, help="Sampling temperature."),
    click.option("--prompts", help="A folder of prompt templates."),
)


def _with_settings(command: Any) -> Any:
    for option in reversed(_SETTINGS):
        command = option(command)
    return command


@click.command(name="run", epilog=_EXAMPLES)
@click.argument("problem", type=ProblemName())
@click.option("-c", "--config", "file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@_with_settings
@click.option("--dry-run", is_flag=True, help="Check everything, show the first prompt and its price; spend nothing.")
@json_option
def command(problem: str, file: Path | None, dry_run: bool, as_json: bool, **flags: Any) -> None:
    """Start a campaign on PROBLEM, a pack's name or path."""
    from adrs.campaign import session
    from adrs.cli.conduct import Interrupts, conduct
    from adrs.cli.dry import rehearse
    from adrs.config import resolve
    from adrs.problem import load

    config = resolve(flags={"problem": problem, **flags}, file=file, problem=load(problem).pack.campaign).config
    if dry_run:
        rehearse(config, as_json=as_json)
    else:
        interrupts = Interrupts()
        conduct(session.create(config, wait=interrupts.wait), interrupts, as_json=as_json)
