"""`adrs status`: the runs, or how one is doing."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.campaign.forking import Origin
    from adrs.comparison import Interval
    from adrs.report.compare import Comparison
    from adrs.report.pending import Unfinished, Unknown
    from adrs.report.summary import Row, Summary

_EXAMPLES = """\b
Examples:
  adrs status                 all runs
  adrs status last            the newest in full
  adrs status --archive postgresql://me@host/adrs     all campaigns of a database
"""


@click.command(name="status", epilog=_EXAMPLES)
@click.argument("run", type=RunName(), required=False)
@click.option("--archive", metavar="URL", help="Instead: all campaigns of a database, wherever their folders are.")
@runs_option
@json_option
def command(run: str | None, archive: str | None, runs: str, as_json: bool) -> None:
    """List all runs, or say how RUN (a name, a folder, or `last`) is doing.

    The state of a run is running, paused (resume continues), stopped (resume goes on), finished (its budget is used or
    its target reached) or crashed (its controller died; resume goes on).
    """
    if archive is not None:
        _shared(run, archive, as_json=as_json)
    elif run is None:
        _all(Path(runs), as_json=as_json)
    else:
        _one(run, Path(runs), as_json=as_json)


def _all(runs: Path, *, as_json: bool) -> None:
    from adrs.report.summary import rows

    _list(rows(runs), f"no runs in {str(runs)!r}; `adrs run smtt` starts one", as_json=as_json)


def _shared(run: str | None, archive: str, *, as_json: bool) -> None:
    from adrs.address import checked, full
    from adrs.report.summary import rows_in

    if run is not None:
        raise click.UsageError("--archive lists all campaigns of a database: leave RUN out, or --archive.")
    url = checked(archive)
    nothing = f"no campaigns in {url!r}; `adrs run smtt --archive {url}` starts one"
    _list(rows_in(full(url)), nothing, as_json=as_json)


def _list(found: Sequence["Row"], nothing: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json({"runs": [asdict(row) for row in found]})
    elif found:
        print_rows(found)
    else:
        click.echo(nothing, err=True)


def print_rows(rows: Sequence["Row"]) -> None:
    """Print runs as a table."""
    from adrs.cli.drawing import figure, print_table

    columns = ("run", "problem", "state", "trials", "best", "objective", "dollars", "age", "note")
    cells = []
    for row in rows:
        objective = f"{row.objective} (self-scored)" if row.self_scored else row.objective
        work = (str(row.trials), figure(row.best), objective, f"{row.dollars:.2f}") if not row.note else [""] * 4
        note = row.note or (origin_words(row.forked) if row.forked else "")
        cells.append((row.run, row.problem, row.state, *work, _age(row.created), note))
    print_table(columns, cells)


def origin_words(origin: "Origin") -> str:
    """Return where a fork is from, in words."""
    return f"forked from {origin.run} at {origin.trial} ({origin.dollars:.2f} dollars inherited)"


def _one(reference: str, runs: Path, *, as_json: bool) -> None:
    from dataclasses import asdict

    from adrs.report.compare import comparison
    from adrs.report.opening import open_run
    from adrs.report.summary import summarise

    with open_run(reference, runs) as run:
        summary, compared = summarise(run), comparison(run.problem, run.archive)
    if as_json:
        facts = asdict(summary) | {"objective": summary.objective.model_dump()}
        print_json(facts | {"comparison": [row.data() for row in compared]})
        return
    _print_summary(summary)
    _print_comparison(summary, compared)
    _print_failures(summary)
    print_pending(summary.unfinished, summary.unknown)
    if summary.changed:
        click.echo(f"note: the pack of {summary.problem} is not what it was when {summary.run} began", err=True)
    click.echo(f"next: {_next(summary)}", err=True)


def _print_summary(summary: "Summary") -> None:
    from adrs.cli.drawing import figure, print_fields, print_heading, print_table, print_text

    label = " · self-scored" if summary.self_scored else ""
    print_text(f"{summary.problem} · {summary.run} · {summary.state}{label}", tone="bold")
    print_fields(
        (
            ("reason", summary.reason),
            ("begun", f"{summary.created} ({_age(summary.created)} ago)"),
            ("by", f"{summary.model}, search {summary.search}, seed {summary.seed}, {summary.sandbox} sandbox"),
            ("history", origin_words(summary.forked) if summary.forked else ""),
            ("best", _best(summary)),
            ("course", _course(summary)),
        )
    )
    print_heading("budget")
    uses = [(name, figure(use.used), figure(use.limit)) for name, use in summary.budget.items()]
    print_table(("", "used", "limit"), uses)


def _best(summary: "Summary") -> str:
    from adrs.cli.drawing import figure

    best, objective = summary.best, summary.objective
    if best is None:
        return "none is valid yet" if summary.self_scored else "none is valid on validation yet"
    note = f": {best.note}" if best.note else ""
    if summary.self_scored:
        return f"trial {best.trial}, {objective.name} {figure(best.train[objective.name])} (self-scored){note}"
    scores = f"{figure(best.validation[objective.name])} {objective.unit} on validation"
    return f"trial {best.trial}, {objective.name} {scores}, {figure(best.train[objective.name])} on train{note}"


def _course(summary: "Summary") -> str:
    """Return the improvements on the training split; only the first and the last of many."""
    from adrs.cli.drawing import figure

    points = [f"{figure(step.score)} (trial {step.trial})" for step in summary.steps]
    return " → ".join([*points[:1], "…", *points[-3:]] if len(points) > 5 else points)


def _print_comparison(summary: "Summary", rows: Sequence["Comparison"]) -> None:
    from adrs.cli.drawing import figure, print_heading, print_table

    if not rows:
        return
    objective, where = summary.objective, "self-scored" if summary.self_scored else "on validation"
    facts = [objective.unit, f"{'lower' if objective.direction == 'min' else 'higher'} is better", "95 % intervals"]
    print_heading(f"{objective.name} {where} ({', '.join(filter(None, facts))})")
    cells = [
        (
            row.name if row.trial is None else f"{row.name} (trial {row.trial})",
            figure(row.score),
            _interval(row.interval),
            figure(row.difference.estimate if row.difference else None, sign=True),
            _interval(row.difference),
        )
        for row in rows
    ]
    print_table(("program", objective.name, "interval", "best minus this", "interval"), cells)


def _print_failures(summary: "Summary") -> None:
    from adrs.cli.drawing import print_heading, print_table

    print_heading("trials")
    counts = ", ".join(f"{count} {status}" for status, count in summary.statuses.items())
    click.echo(f"{summary.finished} finished: {counts}" if counts else "none finished")
    if summary.failures:
        messages = [(failure.status, message) for failure in summary.failures for message in failure.messages]
        cells = [(status, str(said.count), str(said.trial), said.text) for status, said in messages]
        print_table(("failure", "times", "last trial", "message"), cells)


def print_pending(unfinished: "Sequence[Unfinished]", unknown: "Sequence[Unknown]") -> None:
    """Print what has begun and not ended, and what may have been paid for in vain; nothing if there is neither."""
    from adrs.cli.drawing import print_heading, print_table

    if unfinished:
        print_heading("unfinished")
        cells = [(str(each.trial), each.state, " ".join(map(str, each.parents))) for each in unfinished]
        print_table(("trial", "state", "parents"), cells)
    if unknown:
        print_heading("unanswered requests that may have been billed, and count as spent")
        rows = [(str(each.trial), str(each.call), f"{each.dollars:.4f}", str(each.tokens)) for each in unknown]
        print_table(("trial", "call", "dollars at most", "tokens at most"), rows)


def _next(summary: "Summary") -> str:
    if summary.state == "running":
        return f"adrs watch {summary.run}"
    if summary.state == "paused":
        return f"adrs resume {summary.run}   (or adrs stop {summary.run})"
    if summary.state != "finished":
        return f"adrs resume {summary.run}"
    return f"adrs best {summary.run} -o best.py" if summary.best else f"adrs show {summary.run}"


def _interval(interval: "Interval | None") -> str:
    from adrs.cli.drawing import figure

    if interval is None:
        return ""
    return f"{figure(interval.low)} to {figure(interval.high)}" if math.isfinite(interval.low) else "unknown"


def _age(created: str) -> str:
    """Return how long ago that was, in its largest unit; empty if unknown."""
    from datetime import UTC, datetime

    if not created:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
