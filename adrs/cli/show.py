"""`adrs show`: a run's trials, or one in full."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adrs.cli.names import RunName
from adrs.cli.output import json_option, print_json, runs_option
from adrs.evaluation import Status

if TYPE_CHECKING:
    from adrs.archive import Call
    from adrs.evaluation import Audit, Evaluation
    from adrs.report.details import Detail
    from adrs.report.opening import Run
    from adrs.trial import Trial

_EXAMPLES = """\b
Examples:
  adrs show last --top 5            the five best on the training split
  adrs show last best               the best trial in full
  adrs show last 17 --reply         what the model answered, and nothing else
"""


@click.command(name="show", epilog=_EXAMPLES)
@click.argument("run", type=RunName())
@click.argument("trial", required=False)
@click.option("--status", type=click.Choice([str(status) for status in Status]), help="List those that ended so.")
@click.option("--top", type=click.IntRange(1), help="List so many of the best on the training split.")
@click.option("--all", "everything", is_flag=True, help="List all trials, not the last 20 and the best.")
@click.option("--prompt", "part", flag_value="prompt", help="Print what the model was told, and nothing else.")
@click.option("--reply", "part", flag_value="reply", help="Print what the model answered, and nothing else.")
@click.option("--program", "part", flag_value="program", help="Print the program, and nothing else.")
@runs_option
@json_option
def command(run: str, trial: str | None, part: str | None, runs: str, as_json: bool, **selection: Any) -> None:
    """List the trials of RUN, or show TRIAL in full: numbers, prompts, replies and program.

    TRIAL is a number, `best` or `seed`.
    """
    from adrs.report.details import Selection, detail
    from adrs.report.opening import open_run

    chosen = Selection(**selection)
    _check(trial, part, as_json=as_json, listing=chosen != Selection())
    with open_run(run, Path(runs)) as opened:
        if trial is None:
            whole = chosen.status is None and chosen.top is None
            _list(opened, chosen.of(opened), whole=whole, as_json=as_json)
            return
        found = detail(opened, trial)
    if part is not None:
        _print_part(found, part)
    elif as_json:
        print_json({"run": opened.name, "self_scored": opened.problem.pack.self_scored, **_json(found)})
    else:
        _print(opened, found)


def _check(trial: str | None, part: str | None, *, as_json: bool, listing: bool) -> None:
    """Refuse options that have nothing to do with each other."""
    if trial is None and part is not None:
        raise click.UsageError(f"--{part} needs a TRIAL.")
    if trial is not None and listing:
        raise click.UsageError("--status, --top and --all list trials: leave TRIAL out.")
    if as_json and part is not None:
        raise click.UsageError(f"--{part} prints raw text; --json holds it too: choose one.")


def _list(run: "Run", trials: "list[Trial]", *, whole: bool, as_json: bool) -> None:
    """List the trials; with what is unfinished, unless they are some of a kind alone."""
    from dataclasses import asdict

    from adrs.cli.drawing import print_table
    from adrs.cli.status import print_pending
    from adrs.report.pending import unfinished, unknown

    pending, lost = unfinished(run.archive), unknown(run.archive)
    if as_json:
        rows = [_row_json(run, trial) for trial in trials]
        facts = {"run": run.name, "self_scored": run.problem.pack.self_scored}
        left = {"unfinished": [asdict(each) for each in pending], "unknown": [asdict(each) for each in lost]}
        print_json({**facts, "finished": len(run.trials), "best": run.leader, "trials": rows, **left})
        return
    train = f"{run.problem.objective.name} ({run.problem.label or 'train'})"
    columns = ("trial", "status", train, "validation", "parents", "model", "seconds", "dollars", "change")
    print_table(columns, [_cells(run, trial) for trial in trials])
    if whole:
        print_pending(pending, lost)
    click.echo(f"{len(trials)} of {len(run.trials)} finished trials; one in full: adrs show {run.name} N", err=True)


def _cells(run: "Run", trial: "Trial") -> tuple[str, ...]:
    from adrs.cli.drawing import figure

    name, validation = run.problem.objective.name, run.validations.get(trial.number)
    remark = (trial.note if trial.valid else trial.evaluation.message).partition("\n")[0]
    audit = run.audits.get(trial.number)
    mark = "(best) " if trial.number == run.leader else "" if audit is None or audit.passed else f"({audit.verdict}) "
    return (
        str(trial.number),
        trial.evaluation.status,
        figure(trial.evaluation.scores.get(name)),
        "" if validation is None else figure(validation.scores.get(name)) or validation.status,
        " ".join(map(str, trial.parents)),
        trial.model,
        f"{trial.spend.seconds:.2f}",
        f"{trial.spend.dollars:.4f}",
        f"{mark}{remark}",
    )


def _row_json(run: "Run", trial: "Trial") -> dict[str, Any]:
    from adrs.campaign.audits import audit_json
    from adrs.cli.progress import trial_json

    audit = run.audits.get(trial.number)
    return trial_json(trial) | {
        "validation": _validation_json(run, trial),
        "audit": audit_json(audit) if audit is not None else None,
    }


def _validation_json(run: "Run", trial: "Trial") -> dict[str, Any] | None:
    validation = run.validations.get(trial.number)
    return {"status": validation.status, "scores": dict(validation.scores)} if validation is not None else None


def _print_part(found: "Detail", part: str) -> None:
    from adrs.cli.drawing import print_text

    text = {"prompt": found.prompt, "reply": found.reply, "program": found.program}[part]()
    print_text(text, end="" if text.endswith("\n") else "\n")


def _json(found: "Detail") -> dict[str, Any]:
    from adrs.campaign.audits import audit_json
    from adrs.cli.progress import trial_json

    trial = found.trial
    return trial_json(trial) | {
        "source": trial.program.source if trial.program else None,
        "evaluations": {split: _evaluation_json(evaluation) for split, evaluation in found.evaluations.items()},
        "hints": dict(found.hints),
        "calls": [_call_json(call) for call in found.calls],
        "audit": audit_json(found.audit) if found.audit is not None else None,
    }


def _evaluation_json(evaluation: "Evaluation") -> dict[str, Any]:
    from dataclasses import asdict

    from adrs.report.tables import groups

    facts = asdict(evaluation)
    return facts | {"groups": [asdict(group) for group in groups(evaluation.results)]}


def _call_json(call: "Call") -> dict[str, Any]:
    from dataclasses import asdict

    facts = asdict(call) | {"spent": asdict(call.spent)}
    for message in facts["prompt"]["messages"]:
        del message["stable"]  # of interest while it is sent, and not kept
    return facts


def _print(run: "Run", found: "Detail") -> None:
    from adrs.cli.drawing import print_fields, print_heading, print_text

    trial = found.trial
    label = f" · {run.problem.label}" if run.problem.label else ""
    print_text(f"{run.name} · trial {trial.number} · {trial.evaluation.status}{label}", tone="bold")
    print_fields(
        (
            ("parents", " ".join(map(str, trial.parents))),
            ("inspirations", " ".join(map(str, trial.inspirations))),
            ("model", trial.model),
            ("change", trial.note),
            ("hints", ", ".join(f"{number} ({text})" for number, text in found.hints.items())),
            ("spend", f"{trial.spend.dollars:.4f} dollars, {trial.spend.tokens} tokens"),
            ("program", trial.program.hash if trial.program else "none"),
            ("audit", found.audit.verdict if found.audit is not None else "not audited"),
        )
    )
    _print_findings(found.audit)
    if trial.evaluation.message and not found.evaluations:
        print_heading("message")
        print_text(trial.evaluation.message)
    for split, evaluation in found.evaluations.items():
        _print_evaluation(run, split, evaluation)
    _print_calls(found.calls)
    if trial.program is not None:
        print_heading("program")
        print_text(trial.program.source, end="")


def _print_findings(audit: "Audit | None") -> None:
    from adrs.cli.drawing import print_heading, print_text

    if audit is not None and not audit.passed:
        print_heading(f"audit on {audit.split}")
        for finding in audit.findings:
            print_text(f"{finding.cause}: {finding.message}")


def _print_evaluation(run: "Run", split: str, evaluation: "Evaluation") -> None:
    from adrs.cli.drawing import figure, print_fields, print_heading, print_table, print_text
    from adrs.report.details import timing
    from adrs.report.tables import groups

    print_heading(f"{split}: {evaluation.status} in {evaluation.seconds:.2f} s")
    units = {objective.name: objective.unit for objective in run.problem.pack.objectives}
    print_fields((name, f"{figure(value)} {units.get(name, '')}") for name, value in evaluation.scores.items())
    print_fields((name, figure(value)) for name, value in evaluation.features.items())
    if evaluation.conditions:
        print_fields([("timed on", timing(evaluation.conditions))])
    classes = groups(evaluation.results)
    if classes:
        cells = [(group.name, str(group.instances), *map(figure, group.means.values())) for group in classes]
        print_table(("class", "instances", *(f"mean {name}" for name in classes[0].means)), cells)
    if evaluation.feedback:
        print_text(evaluation.feedback)
    elif evaluation.message:
        print_text(evaluation.message)


def _print_calls(calls: Sequence["Call"]) -> None:
    """Print every prompt and reply verbatim; a repair's prompt without what stands above it already."""
    from adrs.cli.drawing import print_heading, print_text
    from adrs.llm import Message

    shown: set[Message] = set()
    for call in calls:
        for message in call.prompt.messages:
            if message not in shown:
                print_heading(f"call {call.call}, {message.role}")
                print_text(message.content)
        _print_answer(call)
        shown |= {*call.prompt.messages, Message("assistant", call.completion.text if call.completion else "")}


def _print_answer(call: "Call") -> None:
    from adrs.cli.drawing import print_heading, print_text

    answer = call.completion
    if answer is None:
        print_heading(f"call {call.call}: {call.state} {call.error}".rstrip())
        return
    cost = f"{answer.usage.prompt} + {answer.usage.completion} tokens, {answer.dollars:.4f} dollars"
    print_heading(f"call {call.call}, reply of {answer.model}: {answer.finish}, {cost}, {answer.seconds:.1f} s")
    print_text(answer.text)
