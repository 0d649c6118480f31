"""`adrs audit`: run trials again under conditions that must not matter."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.evaluating.audit import Walls
    from adrs.evaluating.foreign import SelfScored
    from adrs.evaluating.stages import Bench
    from adrs.evaluation import Audit, Evaluation
    from adrs.problem import Problem
    from adrs.program import Program
    from adrs.report.opening import Run
    from adrs.trial import Trial

_EXAMPLES = """\b
Examples:
  adrs audit last                 the best program
  adrs audit last 17 best         two trials
  adrs audit last --top 5         the five best on validation
"""


@click.command(name="audit", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.argument("trials", nargs=-1)
@click.option("--top", type=click.IntRange(1), help="Audit so many of the best on validation.")
@click.option("--all-valid", "everything", is_flag=True, help="Audit every valid trial.")
@click.option("--on", type=click.Choice(["auto", "docker", "local"]), help="Where they run; as in the run if absent.")
@runs_option
@json_option
def command(run: str, on: str | None, runs: str, as_json: bool, **wanted: Any) -> None:
    """Run TRIALS of RUN (the best one if none is named) again: in another order, with other seeds and numbering.

    Each must get the results that it got before, in a fresh process; one that does not is marked, and never the best.
    What is found is kept in the run, unless it is still running. Exit code 3 if a trial is marked.
    """
    from adrs.errors import GoalMissed
    from adrs.report.audits import Wanted, audit_trials, keep_best, recorded, refuse_unless_auditable
    from adrs.report.opening import open_run

    chosen = Wanted(**wanted)
    if sum((bool(chosen.trials), chosen.top is not None, chosen.everything)) > 1:
        raise click.UsageError("name TRIALS, or give --top or --all-valid: one of them.")
    with open_run(run, Path(runs)) as opened:
        refuse_unless_auditable(opened.problem)
        before, trials = opened.leader, chosen.of(opened)
        walls = _walls(opened.problem, on or str(opened.record.config["on"]))
        found = list(audit_trials(opened, trials, _bench(opened.problem, walls), walls))
        kept = recorded(opened)
    with open_run(run, Path(runs)) as after:  # what is read once stays
        if kept and after.leader != before:
            keep_best(after)
        _tell(after, found, kept=kept, as_json=as_json)
    marked = [trial for trial, audit in found if not audit.passed]
    if marked:
        first = f"`adrs show {after.name} {marked[0].number}` shows the first of them."
        raise GoalMissed(f"{len(marked)} of {len(found)} audited trials are marked", first)


def audit_once(bench: "Bench | SelfScored", program: "Program", before: "Evaluation", on: str) -> "Audit | None":
    """Return the audit of a program against its evaluation; None if that is not valid, or self-scored."""
    from adrs.evaluating.audit import audit
    from adrs.evaluating.stages import Bench

    if not before.valid or not isinstance(bench, Bench):
        return None
    return audit(bench, program, before, walls=_walls(bench.problem, on), key=0)


def print_audit(audit: "Audit") -> None:
    """Print an audit in words."""
    from adrs.cli.drawing import print_text

    print_text(f"\naudit on {audit.split}: {audit.verdict} ({audit.seconds:.2f} s)")
    for finding in audit.findings:
        print_text(f"  {finding.cause}: {finding.message}")


def _walls(problem: "Problem", on: Any) -> "Walls":
    from adrs.evaluating.audit import fresh_walls
    from adrs.evaluating.needs import needs_of
    from adrs.sandbox.choice import choose

    return fresh_walls(choose(on, needs_of(problem)))


def _bench(problem: "Problem", walls: "Walls") -> "Bench":
    """Return a bench for audits alone, which start sandboxes of their own."""
    from adrs.evaluating.loading import load_evaluator
    from adrs.evaluating.stages import Bench

    return Bench(problem, load_evaluator(problem), walls(0))


def _tell(run: "Run", found: "list[tuple[Trial, Audit]]", *, kept: bool, as_json: bool) -> None:
    from adrs.campaign.audits import audit_json
    from adrs.cli.drawing import print_table, print_text

    if as_json:
        rows = [{"trial": trial.number, **audit_json(audit)} for trial, audit in found]
        print_json({"run": run.name, "kept": kept, "best": run.leader, "audits": rows})
        return
    cells = [(str(trial.number), audit.split, f"{audit.seconds:.2f}", audit.verdict) for trial, audit in found]
    print_table(("trial", "split", "seconds", "audit"), cells)
    for trial, audit in found:
        for finding in audit.findings:
            print_text(f"\ntrial {trial.number}, {finding.cause}: {finding.message}")
    if not kept:
        click.echo(f"{run.name} is running: nothing was kept", err=True)
