"""`adrs completion`: the completion script for a shell."""

import click
from click.shell_completion import get_completion_class

_EPILOG = """\b
To switch completion on:
  eval "$(adrs completion bash)"                                       in ~/.bashrc
  eval "$(adrs completion zsh)"                                        in ~/.zshrc
  adrs completion fish > ~/.config/fish/completions/adrs.fish
"""


@click.command(name="completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL; it completes commands, options, runs and problems."""
    from adrs.cli import cli

    script = get_completion_class(shell)
    assert script is not None  # the three shells above are click's own
    click.echo(script(cli, {}, "adrs", "_ADRS_COMPLETE").source())
