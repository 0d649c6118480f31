"""The command line. Each command's module is imported when its command is used, so that `--help` answers at once."""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import click

_EPILOG = """\b
Examples:
  adrs run smtt                                       no key needed: programs are rewritten by the mutator
  adrs run smtt --model openai/gpt-5 --dollars 5      the same with a language model
  adrs eval smtt my_rule.py                           score a program of your own

\b
Exit codes: 0 done, 1 our failure, 2 usage or configuration, 3 the goal was missed, 4 something needed is
missing, 130 interrupted (resume goes on).
"""


@dataclass(frozen=True)
class _Lazy:
    """Where a command is, and what it says of itself."""

    module: str
    help: str
    attribute: str = ""


_COMMANDS: Mapping[str, _Lazy] = {
    "run": _Lazy("run", "Start a campaign on a problem."),
    "resume": _Lazy("resume", "Go on with a campaign."),
    "pause": _Lazy("pause", "Let a running campaign rest until it is resumed."),
    "stop": _Lazy("stop", "Ask a running campaign to finish what is in flight and stop."),
    "steer": _Lazy("steer", "Give a hint for the prompts of later trials."),
    "fork": _Lazy("fork", "Begin a new run with the history of another, up to a trial."),
    "ls": _Lazy("ls", "List runs, some of them, in an order."),
    "status": _Lazy("status", "List runs, or say how one is doing."),
    "watch": _Lazy("watch", "Attach a live view to a run, read-only."),
    "show": _Lazy("show", "Show a run's trials, or one trial in full."),
    "diff": _Lazy("diff", "Show what changed between two programs of a run."),
    "lineage": _Lazy("lineage", "Show the ancestors of a trial."),
    "best": _Lazy("best", "Print a run's best program, or save it."),
    "audit": _Lazy("audit", "Run trials again under conditions that must not matter."),
    "replay": _Lazy("replay", "Make every decision of a run again, offline, and compare."),
    "eval": _Lazy("evaluate", "Score a program, without any model."),
    "problems": _Lazy("problems", "List, show, make and check problem packs."),
    "prompts": _Lazy("prompts", "Show exactly what a model would be told."),
    "config": _Lazy("settings", "Show settings, and where each comes from."),
    "archive": _Lazy("archives", "Check, export, import and upgrade a run's archive."),
    "gc": _Lazy("gc", "Remove what no run needs any more."),
    "sandbox": _Lazy("walls", "Attack the wall that candidates run behind; build its image."),
    "doctor": _Lazy("doctor", "Say what works on this machine, and what to do about the rest."),
    "completion": _Lazy("completion", "Print the completion script for a shell."),
}


class _LazyCommands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = _COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        command: click.Command = importlib.import_module(f"adrs.cli.{lazy.module}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, with a suggestion for a mistyped command."""
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], _COMMANDS, 1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyCommands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="adrs", message="%(prog)s %(version)s")
def cli() -> None:
    """Discover scheduling algorithms: a campaign rewrites a program, walls, scores and keeps every attempt."""


def main() -> None:
    """Run the command line, and turn every error into a sentence, a way out and an exit code."""
    from adrs.errors import AdrsError

    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
    except AdrsError as error:
        click.echo(f"adrs: {error}", err=True)
        if error.todo:
            click.echo(f"      {error.todo}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"adrs: {error.strerror}: {error.filename!r}", err=True)
        click.echo("      Check the path, its permissions and the free space of its disk.", err=True)
        sys.exit(1)
