"""`adrs eval`: score a program, without any model."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import ProblemName
from adrs.cli.output import json_option, print_json, results_console, runs_option

if TYPE_CHECKING:
    from adrs.cli.versus import Versus
    from adrs.evaluation import Audit, Evaluation
    from adrs.problem import Problem


@click.command(name="eval")
@click.argument("problem", type=ProblemName())
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(["train", "validation", "test"]), default="train", show_default=True)
@click.option("--repeat", type=click.IntRange(1), default=1, help="Evaluate so many times, each in a fresh process.")
@click.option("--on", type=click.Choice(["auto", "docker", "local"]), default="auto", help="Where the program runs.")
@click.option("--audit", is_flag=True, help="Also run it under conditions that must not matter (see docs/audit.md).")
@click.option("--against", help="A baseline's name or a file: also print the paired difference to it.")
@runs_option
@json_option
def command(
    problem: str, program: Path, split: Any, against: str | None, as_json: bool, audit: bool, **options: Any
) -> None:
    """Score the program in the file PROGRAM on PROBLEM: objectives, classes of instances, status.

    The test split is sealed: campaigns never read it, and opening it here is noted in `unsealed.jsonl` beside the
    runs. Exit code 3 if the program is not valid, or fails the audit.
    """
    from adrs.cli.audit import audit_once
    from adrs.cli.bench import bench, read_program
    from adrs.cli.versus import compare
    from adrs.problem import load
    from adrs.report.audits import refuse_unless_auditable

    loaded = load(problem)
    source = read_program(program)
    if audit:
        refuse_unless_auditable(loaded)
    if split == "test":
        _unseal(Path(options["runs"]), loaded, source.hash)
    with bench(loaded, options["on"]) as prepared:
        evaluations = [prepared.evaluate(source, split) for _ in range(options["repeat"])]
        versus = compare(prepared, evaluations[0], split, against) if against else None
        audited = audit_once(prepared, source, evaluations[0], options["on"]) if audit else None
    if as_json:
        print_json(_json(loaded, program, evaluations) | _more_json(versus, audited))
    else:
        _print(loaded, evaluations)
        _print_more(loaded, versus, audited)
    _leave(evaluations, audited)


def _leave(evaluations: Sequence["Evaluation"], audited: "Audit | None") -> None:
    from adrs.errors import GoalMissed

    failed = next((evaluation for evaluation in evaluations if not evaluation.valid), None)
    if failed is not None:
        raise GoalMissed(f"the program is {failed.status}: {failed.message}", "Mend it and evaluate it again.")
    if audited is not None and not audited.passed:
        raise GoalMissed(f"the program is {audited.verdict}", "Mend it: results must follow from the arguments alone.")


def _unseal(runs: Path, problem: "Problem", program: str) -> None:
    """Note that the test split was opened, before it is."""
    import json
    from datetime import UTC, datetime

    runs.mkdir(parents=True, exist_ok=True)
    log = runs / "unsealed.jsonl"
    entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "problem": problem.name, "program": program}
    with log.open("a") as file:
        file.write(json.dumps(entry) + "\n")
    opened = sum(json.loads(line)["problem"] == problem.name for line in log.read_text().splitlines())
    click.echo(f"the test split of {problem.name} is opened, time {opened} here ({log})", err=True)


def _json(problem: "Problem", program: Path, evaluations: Sequence["Evaluation"]) -> dict[str, Any]:
    from adrs.report.tables import groups

    first = evaluations[0]
    return {
        "problem": problem.name,
        "program": str(program),
        "split": first.split,
        "self_scored": problem.pack.self_scored,
        "status": first.status,
        "message": first.message,
        "objectives": dict(first.scores),
        "features": dict(first.features),
        "groups": [asdict(group) for group in groups(first.results)],
        "results": [asdict(result) for result in first.results],
        "seconds": [evaluation.seconds for evaluation in evaluations],
        "repeatable": all(evaluation.scores == first.scores for evaluation in evaluations),
    }


def _more_json(versus: "Versus | None", audited: "Audit | None") -> dict[str, Any]:
    from adrs.campaign.audits import audit_json

    return ({"against": versus.data()} if versus else {}) | ({"audit": audit_json(audited)} if audited else {})


def _print_more(problem: "Problem", versus: "Versus | None", audited: "Audit | None") -> None:
    from adrs.cli.audit import print_audit

    if versus:
        results_console().print(f"\n{versus.sentence(problem.objective)}", markup=False)
    if audited:
        print_audit(audited)


def _print(problem: "Problem", evaluations: Sequence["Evaluation"]) -> None:
    from rich.table import Table

    from adrs.report.tables import groups

    console, first = results_console(), evaluations[0]
    seconds = sorted(evaluation.seconds for evaluation in evaluations)[len(evaluations) // 2]
    label = f" · {problem.label}" if problem.label else ""
    console.print(f"{problem.name} · {first.split} · {first.status} · {seconds:.2f} s{label}", style="bold")
    if not first.valid:
        return
    table = Table("objective", "value", "unit", "better", "meaning", box=None, pad_edge=False, header_style="dim")
    for objective in problem.pack.objectives:
        value = first.scores[objective.name]
        missed = " (misses its bound)" if objective.excess(value) else ""
        better = {"min": "lower", "max": "higher"}[objective.direction]
        table.add_row(objective.name, f"{value:.6g}{missed}", objective.unit, better, objective.description)
    console.print(table)
    if problem.label:
        console.print(f"\n{first.feedback}", markup=False)
    else:
        table = Table("class", "instances", *first.results[0].scores, box=None, pad_edge=False, header_style="dim")
        for group in groups(first.results):
            table.add_row(group.name, str(group.instances), *(f"{value:.6g}" for value in group.means.values()))
        console.print(table)
    if len(evaluations) > 1:
        same = all(evaluation.scores == first.scores for evaluation in evaluations)
        console.print(f"{len(evaluations)} evaluations: {'the same scores every time' if same else 'scores differ'}")
