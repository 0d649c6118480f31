"""The last words of a campaign: the best program, the evidence for it, its price, and what to type next."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from adrs.campaign.audits import audits
from adrs.campaign.control import worked_seconds
from adrs.campaign.parts import Outcome
from adrs.campaign.session import Opened
from adrs.cli.output import print_json, results_console
from adrs.cli.progress import clock
from adrs.evaluating.audit import auditable
from adrs.report.compare import Comparison, comparison
from adrs.report.ranking import best
from adrs.trial import Trial

if TYPE_CHECKING:
    from rich.console import Console

_LINES_SHOWN = 45


def print_summary(opened: Opened, outcome: Outcome, *, as_json: bool) -> None:
    """Print what came of a session, to stdout."""
    rows = comparison(opened.problem, opened.archive)
    found = best(opened.problem, opened.archive)
    if as_json:
        print_json(_json(opened, outcome, rows))
        return
    console = results_console()
    if found is None:
        console.print(f"{_nothing(opened)} ({outcome.reason})")
    else:
        _print_program(console, found[0])
        _print_rows(console, opened, rows)
    _print_price(console, opened, outcome)


def _print_program(console: "Console", trial: Trial) -> None:
    assert trial.program is not None
    lines = trial.program.source.rstrip().splitlines()
    shown = "\n".join(lines[:_LINES_SHOWN])
    if console.is_terminal:
        from rich.syntax import Syntax

        console.print(Syntax(shown, "python", theme="ansi_dark", background_color="default"))
    else:
        console.print(shown, markup=False)
    if len(lines) > _LINES_SHOWN:
        console.print(f"… {len(lines) - _LINES_SHOWN} more lines", style="dim")
    console.print()


def _print_rows(console: "Console", opened: Opened, rows: list[Comparison]) -> None:
    from rich.table import Table

    objective = opened.problem.objective
    better = {"min": "lower is better", "max": "higher is better"}[objective.direction]
    unit = f" {objective.unit}" if objective.unit else ""
    where = f"{label}, no held-out instances" if (label := opened.problem.label) else "on the validation instances"
    console.print(f"{objective.name} {where}: {objective.description} ({better})", markup=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("program")
    for name in (objective.name, "95 % interval", "best minus this", "95 % interval "):
        table.add_column(name, justify="right")
    for row in rows:
        name = f"best (trial {row.trial})" if row.name == "best" else row.name
        cells = [name, f"{row.score:.4g}{unit}", _interval(row.interval.low, row.interval.high)]
        if row.difference is not None:
            cells += [f"{row.difference.estimate:+.4g}", _interval(row.difference.low, row.difference.high)]
        table.add_row(*cells)
    console.print(table)
    if label:
        console.print(
            "self-scored: a program could have written its score itself; docs/foreign.md says why", style="dim"
        )
    else:
        console.print("intervals: bootstrap over instances; differences are paired on the same instances", style="dim")
    console.print()


def _print_price(console: "Console", opened: Opened, outcome: Outcome) -> None:
    archive, name = opened.archive, opened.folder.name
    trials, evaluations = archive.counts()
    spend, seconds = archive.spend(), worked_seconds(archive)
    price = f"{spend.dollars:.4f} dollars, {spend.tokens} tokens"
    if opened.model is None:
        price += " (no language model: the mutator rewrote the programs)"
    console.print(f"ended      {outcome.reason}", markup=False)
    console.print(f"cost       {price}", markup=False)
    console.print(f"work       {trials} trials, {evaluations} evaluations in {clock(seconds)}", markup=False)
    console.print(f"audit      {_audit(opened)}", markup=False)
    if opened.folder.best.is_file():
        console.print(f"program    {opened.folder.best}", markup=False)
    console.print(f"archive    {opened.folder.location}", markup=False)
    console.print(f"next       {_next(opened, outcome, name)}", markup=False)


def _nothing(opened: Opened) -> str:
    split = opened.problem.judged
    valid = any(evaluation.valid for evaluation in opened.archive.evaluations(split).values())
    return f"{'every' if valid else 'no'} program was {'marked' if valid else f'valid on the {split} split'}"


def _audit(opened: Opened) -> str:
    """Return how the best program did, and which ones were marked."""
    found, audited = best(opened.problem, opened.archive), audits(opened.archive)
    verdict = "no program may be the best" if found is None else "not audited"
    if not auditable(opened.problem):
        return "such problems cannot be audited (docs/audit.md)"
    if found is not None and found[0].number in audited:
        verdict = f"{audited[found[0].number].verdict} (trial {found[0].number})"
    marked = [str(number) for number, audit in audited.items() if not audit.passed]
    return verdict + (f"; marked and not promoted: trial {', '.join(marked)}" if marked else "")


def _next(opened: Opened, outcome: Outcome, name: str) -> str:
    if not outcome.finished:
        return f"adrs resume {name}"
    if opened.model is None:
        return (
            f"adrs lineage {name}   (or with a language model: adrs run {opened.config.problem} --model … --dollars 5)"
        )
    return f"adrs lineage {name}"


def _interval(low: float, high: float) -> str:
    return f"{low:.4g} to {high:.4g}" if math.isfinite(low) and math.isfinite(high) else "unknown"


def _json(opened: Opened, outcome: Outcome, rows: list[Comparison]) -> dict[str, Any]:
    trials, evaluations = opened.archive.counts()
    return {
        "event": "done",
        "run": opened.folder.name,
        "self_scored": opened.problem.pack.self_scored,
        "reason": outcome.reason,
        "finished": outcome.finished,
        "comparison": [row.data() for row in rows],
        "audits": {number: audit.verdict for number, audit in audits(opened.archive).items()},
        "trials": trials,
        "evaluations": evaluations,
        "spend": asdict(opened.archive.spend()),
        "program": str(opened.folder.best) if opened.folder.best.is_file() else None,
        "archive": opened.folder.location,
    }
