"""`adrs problems`: list, show, make and check packs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import ProblemName
from adrs.cli.output import json_option, print_json, results_console

if TYPE_CHECKING:
    from adrs.problem import Problem


@click.group(name="problems")
def command() -> None:
    """List, show, make and check problem packs."""


@command.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the problems that can be named."""
    from adrs.packs import shipped_and_local
    from adrs.problem import open_pack

    problems = [open_pack(path) for path in shipped_and_local()]
    if as_json:
        print_json({"problems": [_short(problem) for problem in problems]})
        return
    from rich.table import Table

    table = Table("problem", "leading objective", "title", box=None, pad_edge=False, header_style="dim")
    for problem in problems:
        objective = problem.objective
        table.add_row(problem.name, f"{objective.name} ({objective.direction}, {objective.unit})", problem.pack.title)
    results_console().print(table)


@command.command()
@click.argument("problem", type=ProblemName())
@json_option
def show(problem: str, as_json: bool) -> None:
    """Show a problem: objectives, limits, stages, baselines, sources and the statement."""
    from adrs.problem import load

    loaded = load(problem)
    baselines, cheats = list(loaded.programs("baselines")), list(loaded.programs("cheats"))
    if as_json:
        pack = loaded.pack.model_dump(mode="json")
        print_json({**_short(loaded), "pack": pack, "baselines": baselines, "cheats": cheats})
        return
    console = results_console()
    console.print(f"{loaded.name}: {loaded.pack.title}", style="bold")
    functions = loaded.label or f"functions  {', '.join(loaded.pack.functions)}"
    console.print(f"folder     {loaded.folder}\n{functions}", markup=False)
    for objective in loaded.pack.objectives:
        better = {"min": "lower is better", "max": "higher is better"}[objective.direction]
        how = ", ".join(filter(None, (objective.unit, better)))
        console.print(f"objective  {objective.name} ({how}): {objective.description}", markup=False)
    console.print(f"baselines  {', '.join(baselines)}\ncheats     {', '.join(cheats)}", markup=False)
    for source in loaded.pack.sources:
        console.print(f"source     {source.title}: {source.link}", markup=False)
    console.print(f"\n{loaded.statement}", markup=False)


@command.command()
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("evaluators"), show_default=True)
def new(name: str, folder: Path) -> None:
    """Make a pack called NAME that runs at once, to be rewritten for your problem."""
    from adrs.cli.template import make_pack

    path = make_pack(name, folder)
    click.echo(f"made {path}; each file says what to change\nnext: adrs problems check {path} && adrs run {path}")


@command.command()
@click.argument("problem", type=ProblemName())
@click.option("--on", type=click.Choice(["auto", "docker", "local"]), default="auto", help="Where programs run.")
@json_option
def check(problem: str, on: Any, as_json: bool) -> None:
    """Check a pack: seed and baselines valid and twice the same, every cheat rejected, limits kept.

    Exit code 3 if a check fails.
    """
    from adrs.cli.bench import bench
    from adrs.cli.checking import check_pack
    from adrs.errors import GoalMissed, UsageError
    from adrs.evaluating.stages import Bench
    from adrs.problem import load

    loaded = load(problem)
    if loaded.pack.self_scored:
        raise UsageError(f"{loaded.name!r} is self-scored, and only packs can be checked", "See docs/foreign.md.")
    with bench(loaded, on) as prepared:
        assert isinstance(prepared, Bench)  # of a pack
        findings = check_pack(prepared, note=lambda text: click.echo(text, err=True))
    if as_json:
        print_json({"problem": loaded.name, "checks": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.passed else 'FAIL'}  {finding.what}: {finding.detail}")
    failed = [finding for finding in findings if not finding.passed]
    if failed:
        raise GoalMissed(f"{len(failed)} of {len(findings)} checks of {loaded.name!r} failed", "Mend what FAIL names.")


def _short(problem: "Problem") -> dict[str, Any]:
    objective = problem.objective
    leading = {"name": objective.name, "direction": objective.direction, "unit": objective.unit}
    return {
        "name": problem.name,
        "title": problem.pack.title,
        "folder": str(problem.folder),
        "hash": problem.hash,
        "objective": leading,
    }
