"""`adrs prompts`: see what a model would be told."""

from pathlib import Path
from typing import Any

import click

from adrs.cli.names import ProblemName
from adrs.cli.output import json_option, print_json


@click.group(name="prompts")
def command() -> None:
    """Show exactly what a model would be told."""


@command.command()
@click.argument("problem", type=ProblemName())
@click.option("--model", default="openai/gpt-5", show_default=True, help="Whose tokens are counted.")
@click.option("--prompts", type=click.Path(path_type=Path), help="A folder of templates instead of the shipped ones.")
@click.option(
    "--on", type=click.Choice(["auto", "docker", "local"]), default="auto", help="Where the seed is measured."
)
@json_option
def show(problem: str, model: str, prompts: Path | None, on: Any, as_json: bool) -> None:
    """Print the first prompt of a campaign on PROBLEM, word for word, with its number of tokens.

    The seed and the references are evaluated first, since their scores are part of the prompt.
    """
    from adrs.cli.dry import first_prompt
    from adrs.llm.tokens import count
    from adrs.problem import load

    prompt = first_prompt(load(problem), on=on, prompts=prompts)
    tokens = count(prompt, model)
    if as_json:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        print_json({"messages": messages, "hash": prompt.hash, "tokens": tokens.number, "exact": tokens.exact})
        return
    for message in prompt.messages:
        click.echo(f"--- {message.role} ---\n{message.content}")
    how = "" if tokens.exact else " (estimated)"
    click.echo(f"--- {tokens.number} tokens for {model}{how}, {len(prompt.messages)} messages ---", err=True)
