"""`adrs replay`: make every decision of a campaign again from its archive."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option

if TYPE_CHECKING:
    from adrs.campaign.replay import Facts, Replay
    from adrs.campaign.replaying.otherwise import Otherwise
    from adrs.campaign.replaying.reevaluation import Again
    from adrs.report.opening import Run
    from adrs.trial import Trial

_EXAMPLES = """\b
Examples:
  adrs replay last                        every decision, offline
  adrs replay last --evaluate --top 5     the five best programs are run again, too
  adrs replay last --search greedy        which parents another policy would have chosen
"""


@click.command(name="replay", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.option("--evaluate", is_flag=True, help="Also run the valid programs again.")
@click.option("--trials", "wanted", metavar="N,N…", help="Run the programs of these trials again.")
@click.option("--top", type=click.IntRange(1), help="Run so many of the best on train again.")
@click.option("--workers", type=click.IntRange(1), help="Evaluations at a time; as in the run if absent.")
@click.option("--on", type=click.Choice(["auto", "docker", "local"]), help="Where they run; as in the run if absent.")
@click.option("--search", help="Instead: which parents this policy would have chosen.")
@runs_option
@json_option
def command(run: str, search: str | None, runs: str, as_json: bool, **options: Any) -> None:
    """Make every decision of RUN's controller again from the recorded completions and evaluations, and compare.

    Nothing is written, no model is called, and no key is needed. Exit code 3 if a decision, or the result of a program
    that must get the same results every time, is not as recorded.
    """
    from adrs.campaign.replay import changes, read
    from adrs.report.opening import open_run

    _check(search, options)
    with open_run(run, Path(runs)) as opened:
        facts = read(opened.archive, opened.problem)
        changed = changes(facts)
        for change in changed:
            click.echo(f"note: {change}", err=True)
        if search is not None:
            _other(opened, facts, search, changed, as_json=as_json)
        else:
            _same(opened, facts, changed, options, as_json=as_json)


def _check(search: str | None, options: dict[str, Any]) -> None:
    if not options["evaluate"] and any(options[name] is not None for name in ("wanted", "top", "workers", "on")):
        raise click.UsageError("--trials, --top, --workers and --on say what is evaluated again: add --evaluate.")
    if options["wanted"] is not None and options["top"] is not None:
        raise click.UsageError("give --trials or --top: one of them.")
    if search is not None and options["evaluate"]:
        raise click.UsageError("--search compares choices, and --evaluate runs programs: choose one.")


# --- the same policy


def _same(run: "Run", facts: "Facts", changed: list[str], options: dict[str, Any], *, as_json: bool) -> None:
    from adrs.campaign.replay import replay
    from adrs.cli.names import numbers_of

    chosen = _chosen(run, facts, numbers_of(options["wanted"]), options["top"]) if options["evaluate"] else []
    with _bar(len(facts.plans), "replaying") as bar:
        replayed = replay(facts, lambda: bar.update(1))
    if not as_json:
        _print(replayed)
    again = _evaluate(facts, chosen, options) if options["evaluate"] else None
    if as_json:
        print_json(_json(run, replayed, changed) | _again_json(again))
    elif again is not None:
        _print_again(facts, again)
    _leave(facts, replayed, again or [])


def _chosen(run: "Run", facts: "Facts", numbers: Sequence[int] | None, top: int | None) -> "list[Trial]":
    from adrs.errors import UsageError
    from adrs.report.details import Selection

    if numbers is None:
        return [trial for trial in Selection(top=top, everything=True).of(run) if trial.valid]
    chosen = [run.trial(str(number)) for number in numbers]
    for trial in chosen:
        if trial.number not in facts.trained:
            what = f"trial {trial.number} was never evaluated: it is {trial.evaluation.status}"
            raise UsageError(what, "Name a trial whose program was run.")
    return chosen


def _evaluate(facts: "Facts", trials: "Sequence[Trial]", options: dict[str, Any]) -> "list[Again]":
    from adrs.campaign.evaluations import WorkerPool
    from adrs.campaign.replaying.reevaluation import count, evaluate_again
    from adrs.evaluating.needs import needs_of
    from adrs.sandbox.choice import choose

    config = facts.config
    needs = needs_of(facts.problem, isolation=config.isolation, runtime=config.runtime)
    wall, found = choose(options["on"] or config.on, needs), []
    pool = WorkerPool(facts.problem, wall=wall, count=options["workers"] or config.workers)
    with closing(pool), _bar(count(facts, trials), "evaluating") as bar:
        for each in evaluate_again(facts, trials, pool):
            found.append(each)
            bar.update(1)
    return sorted(found, key=lambda each: (each.trial, each.split))


def _print(replayed: "Replay") -> None:
    from adrs.cli.drawing import print_fields, print_text

    for note in replayed.notes:
        click.echo(f"note: {note}", err=True)
    unfinished = f" ({replayed.unfinished} of them unfinished)" if replayed.unfinished else ""
    first = replayed.first
    if first is None:
        print_text(f"replayed {replayed.trials} trials{unfinished}: every decision is as recorded")
        return
    print_text(f"replayed {replayed.trials} trials{unfinished}: first divergence at trial {first.trial}: {first.kind}")
    print_fields((("recorded", first.recorded), ("replayed", first.replayed)))
    rest = len(replayed.divergences) - 1
    if rest:
        print_text(f"and {rest} more, which may follow from it: --json lists all")


def _print_again(facts: "Facts", again: "list[Again]") -> None:
    from adrs.cli.drawing import figure, print_table, print_text

    differing = [each for each in again if not each.same]
    if not differing:
        print_text(f"evaluated {len(again)} times again: every result is as recorded")
        return
    name = facts.problem.objective.name
    rows = []
    for each in differing:
        cells = [
            (evaluation.status, figure(evaluation.scores.get(name))) for evaluation in (each.recorded, each.replayed)
        ]
        rows.append((str(each.trial), each.split, *cells[0], *cells[1]))
    print_text(f"evaluated {len(again)} times again: {len(differing)} results differ")
    print_table(("trial", "split", "recorded", name, "replayed", f"{name} now"), rows)


def _leave(facts: "Facts", replayed: "Replay", again: "list[Again]") -> None:
    from adrs.errors import GoalMissed

    differing = [each for each in again if not each.same]
    if replayed.first is not None:
        first = replayed.first
        see = f"`adrs show {facts.record.name} {first.trial}` shows the trial as it is recorded."
        raise GoalMissed(f"the replay diverges at trial {first.trial}: {first.kind}", see)
    if not differing:
        return
    if not facts.problem.pack.deterministic:
        click.echo(f"programs of {facts.problem.name!r} need not get the same results every time", err=True)
        return
    todo = f"`adrs audit {facts.record.name} {differing[0].trial}` may say what its results depend on."
    raise GoalMissed(f"{len(differing)} of {len(again)} results are not as recorded", todo)


def _json(run: "Run", replayed: "Replay", changed: list[str]) -> dict[str, Any]:
    divergences = [asdict(divergence) for divergence in replayed.divergences]
    return {
        "run": run.name,
        "trials": replayed.trials,
        "unfinished": replayed.unfinished,
        "same": not divergences,
        "first": divergences[0] if divergences else None,
        "divergences": divergences,
        "changed": changed,
        "notes": list(replayed.notes),
    }


def _again_json(again: "list[Again] | None") -> dict[str, Any]:
    if again is None:
        return {}
    rows = [
        {
            "trial": each.trial,
            "split": each.split,
            "same": each.same,
            "recorded": {"status": each.recorded.status, "scores": dict(each.recorded.scores)},
            "replayed": {"status": each.replayed.status, "scores": dict(each.replayed.scores)},
        }
        for each in again
    ]
    return {"evaluations": rows}


# --- another policy


def _other(run: "Run", facts: "Facts", search: str, changed: list[str], *, as_json: bool) -> None:
    from adrs.campaign.replaying.otherwise import choose_otherwise

    with _bar(len(facts.plans), "asking") as bar:
        other = choose_otherwise(facts, search, lambda: bar.update(1))
    if as_json:
        rows = [asdict(each) | {"same": each.same_parents, "stands": each.stands} for each in other.alternatives]
        counts = {"same_parents": other.same_parents, "stand": other.stand, "first": other.parts}
        print_json({"run": run.name, "search": search, "changed": changed, **counts, "trials": rows})
    else:
        _print_other(facts, other)


def _print_other(facts: "Facts", other: "Otherwise") -> None:
    from adrs.campaign.replaying.choices import in_words
    from adrs.cli.drawing import print_table, print_text

    rows = [
        (str(each.trial), in_words(each.recorded), in_words(each.chosen), "" if each.same_parents else "other parents")
        for each in other.alternatives
    ]
    if rows:
        print_table(("trial", facts.config.search, other.search, ""), rows)
    print_text(
        f"{other.search} would have chosen the same parents for {other.same_parents} of {len(rows)} trials, and asked "
        f"exactly the same for {other.stand}"
    )
    if other.parts is None:
        print_text("it would have made the same campaign")
    else:
        print_text(
            f"Children of other parents cannot be known: from trial {other.parts} on, this is what {other.search} "
            "would have chosen among the recorded trials, not among those that it would have made."
        )


def _bar(length: int, label: str) -> Any:
    """Return a progress bar on stderr; nothing where that is no terminal."""
    import io
    import sys

    return click.progressbar(length=length, label=label, file=sys.stderr if sys.stderr.isatty() else io.StringIO())
