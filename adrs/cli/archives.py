"""`adrs archive`: check, export, import and upgrade a run's archive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.archive.checking import Verdict
    from adrs.archive.formats import FormatName
    from adrs.report.upgrading import Upgraded


@click.group(name="archive")
def command() -> None:
    """Check, export, import and upgrade a run's archive."""


@command.command()
@click.argument("run", type=RunName())
@runs_option
@json_option
def check(run: str, runs: str, as_json: bool) -> None:
    """Verify every invariant of RUN's archive, which is not written to; exit code 3 if one is violated."""
    from adrs.campaign.folder import find
    from adrs.errors import GoalMissed
    from adrs.report.verifying import verify

    folder = find(run, Path(runs))
    verdicts = verify(folder)
    violated = sum(verdict.state == "violated" for verdict in verdicts)
    if as_json:
        print_json({"run": folder.name, "kept": not violated, "invariants": [_plain(verdict) for verdict in verdicts]})
    else:
        for verdict in verdicts:
            click.echo(_line(verdict))
    if violated:
        what = f"{violated} of {len(verdicts)} invariants of {folder.name} are violated"
        raise GoalMissed(what, "Restore the archive from a copy; what this one says cannot be relied on.")


@command.command()
@click.argument("run", type=RunName())
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
@click.option("-o", "--output", type=click.Path(), help="A new file (jsonl, trials alone) or folder; RUN.* if absent.")
@click.option("--trials-only", is_flag=True, help="One line per trial in one CSV file, for people; not for import.")
@runs_option
@json_option
def export(run: str, form: "FormatName", output: str | None, trials_only: bool, runs: str, as_json: bool) -> None:
    """Write all facts of RUN, in files that other programs read and `import` restores exactly.

    `jsonl` is one file; `csv` and `parquet` are folders of one file per table.
    """
    from adrs.archive.exporting import export as write
    from adrs.campaign.folder import find
    from adrs.report.exchange import write_trials

    if trials_only and form != "csv":
        raise click.UsageError("--trials-only needs --format csv")
    folder = find(run, Path(runs))
    target = Path(output or (f"{folder.name}-trials.csv" if trials_only else f"{folder.name}.{form}"))
    if trials_only:
        write_trials(folder, target)
    else:
        with folder.file() as archive:
            write(archive, target, form)
    _say(f"{folder.name} is in {target}", as_json=as_json, run=folder.name, exported=str(target))


@command.command(name="import")
@click.argument("file", type=click.Path())
@click.option("--name", help="The run's name; the one that it had, if absent.")
@click.option("--archive", metavar="URL", help="postgresql://USER@HOST/DATABASE, for an archive in a database.")
@runs_option
@json_option
def import_(file: str, name: str | None, archive: str | None, runs: str, as_json: bool) -> None:
    """Make a run from FILE, a file or folder that `export` wrote, of this or an older version of adrs."""
    from adrs.address import checked, full
    from adrs.report.exchange import import_run

    folder = import_run(Path(file), Path(runs), name, archive=full(checked(archive)) if archive else None)
    _say(f"{folder.path} holds {folder.name}", as_json=as_json, run=folder.name, folder=str(folder.path))


@command.command()
@click.argument("run", type=RunName())
@runs_option
@json_option
def upgrade(run: str, runs: str, as_json: bool) -> None:
    """Bring the archive of RUN, which an older adrs wrote, to the newest schema; a copy is kept beside it.

    Where it is in a database, so are the others there: all are upgraded, and none may be running; make a copy before.
    """
    from adrs.campaign.folder import find
    from adrs.report.upgrading import upgrade_run

    folder = find(run, Path(runs))
    done = upgrade_run(folder)
    if as_json:
        copy = str(done.copy) if done and done.copy else None
        print_json({"run": folder.name, "upgraded": done is not None, "copy": copy} | _with(done))
    elif done is None:
        click.echo(f"nothing to do: the archive of {folder.name} has the newest schema")
    elif done.copy is not None:
        click.echo(f"upgraded; {folder.archive} as it was is in {done.copy}")
    else:
        click.echo(f"upgraded, with all campaigns of {folder.location}: {', '.join(done.campaigns)}")


def _line(verdict: "Verdict") -> str:
    if verdict.state == "ok":
        return f"ok        {verdict.says}"
    more = verdict.count - len(verdict.offenders)
    shown = [*verdict.offenders, *([f"and {more} more"] if more else [])]
    return f"{verdict.state:<9} {verdict.says}\n            " + "\n            ".join(shown)


def _plain(verdict: "Verdict") -> dict[str, object]:
    plain: dict[str, object] = {"name": verdict.name, "says": verdict.says, "state": verdict.state}
    return plain | {"count": verdict.count, "offenders": list(verdict.offenders)}


def _with(done: "Upgraded | None") -> dict[str, object]:
    """Return the campaigns that were upgraded together, where they share a database."""
    return {"campaigns": list(done.campaigns)} if done is not None and done.copy is None else {}


def _say(line: str, *, as_json: bool, **facts: str) -> None:
    if as_json:
        print_json(facts)
    else:
        click.echo(line)
