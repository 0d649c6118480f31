"""A new run with the history of another one, up to a trial, and other settings from there on."""

import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from adrs import __version__
from adrs.address import full
from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign import folder as folders
from adrs.campaign.changing import require_limit, reset
from adrs.campaign.control import worked_seconds
from adrs.campaign.decisions import width
from adrs.campaign.folder import RunFolder
from adrs.campaign.models import open_campaign_model, prompts_hash
from adrs.campaign.moving import move
from adrs.config import CampaignConfig, Written
from adrs.errors import MissingPart, UsageError
from adrs.problem import Problem, load
from adrs.search.catalogue import open_search

_KIND = "forked"
_FIXED = {"problem": "its trials would not compare", "name": "give it with --name", "runs": "give it with --runs"}


@dataclass(frozen=True)
class Origin:
    """Where the history of a fork is from, and what it had cost.

    Attributes:
        run: The run that it was forked from.
        trial: The last trial of its history.
        trials: How many trials it inherited.
        evaluations: How many evaluations.
        dollars: What their model calls had cost.
        tokens: Tokens of these.
        evaluator_seconds: Time of the evaluations.
        seconds: Wall time up to the trial.
        sequential: Whether one thing was done at a time, so that every order follows from the numbers.
        changed: Settings that are others than the source's, as (before, after).
    """

    run: str
    trial: int
    trials: int
    evaluations: int
    dollars: float
    tokens: int
    evaluator_seconds: float
    seconds: float
    sequential: bool
    changed: Mapping[str, Any]


def origin(archive: Archive) -> Origin | None:
    """Return where a run was forked from; None if it was not."""
    found = archive.noted(_KIND)
    return Origin(**found[-1][1]) if found else None


def sequential(archive: Archive) -> bool:
    """Return whether a campaign has done one thing at a time throughout, the history that it inherited included."""
    config, known = CampaignConfig.model_validate(archive.record().config), origin(archive)
    workers = [count for _, data in archive.noted("extended") for count in data.get("workers", ())]
    widths = [width(config.model_copy(update={"workers": count})) for count in (config.workers, *workers)]
    return set(widths) == {1} and (known is None or known.sequential)


def fork(source: RunFolder, trial: int, runs: Path, *, changes: Mapping[str, str], name: str | None) -> RunFolder:
    """Make a run with the history of `source` up to and including a trial, whole or not at all; return its folder.

    Args:
        source: A run that may go on meanwhile; it is only read.
        trial: The last trial to take over.
        runs: The folder of runs.
        changes: Settings by name, as `reset` takes them.
        name: The new run's name; the source's name and the trial, if absent.

    Raises:
        UsageError: There is no such history, a setting cannot be so, or there is a run of this name.
    """
    archive = source.open()
    try:
        _require_told(archive, trial)
        chosen = name or _free_name(runs, f"{archive.record().name}-{trial}")
        folders.require_free(runs, chosen)
        config = _config(archive, changes, chosen, runs)
        written = _written(archive, config, _problem(archive, config))
        return _make(archive, trial, runs, config, written)
    finally:
        archive.close()


def _require_told(archive: Archive, trial: int) -> None:
    name = archive.record().name
    plans = [plan for plan in archive.plans() if plan.number <= trial]
    if not plans or plans[-1].number != trial:
        last = plans[-1].number if plans else None
        held = "has no trial yet" if last is None else f"has the trials 0 to {last}"
        raise UsageError(f"{name!r} has no trial {trial}: it {held}", f"`adrs show {name} --all` lists them.")
    unfinished = [str(plan.number) for plan in plans if plan.told is None]
    if unfinished:
        raise UsageError(
            f"trial {', '.join(unfinished)} of {name!r} is not finished, and a history has no holes",
            f"Fork from a trial before {unfinished[0]}, or once it is finished: `adrs status {name}`.",
        )


def _config(archive: Archive, changes: Mapping[str, str], name: str, runs: Path) -> CampaignConfig:
    for setting in _FIXED.keys() & changes.keys():
        raise UsageError(f"a fork cannot change {setting!r}", f"Leave it as it is: {_FIXED[setting]}.")
    before = CampaignConfig.model_validate(archive.record().config)
    config = reset(before, changes).model_copy(update={"name": name, "runs": str(runs)})
    require_limit(config)
    return config


def _problem(archive: Archive, config: CampaignConfig) -> Problem:
    record, problem = archive.record(), load(config.problem)
    if problem.hash != record.written["problem_hash"]:
        raise UsageError(
            f"the problem {problem.name!r} is not what it was when {record.name!r} began",
            "Restore the pack (the results would not compare), or begin a new run.",
        )
    open_search(config.search, problem, config.search_options)
    return problem


def _written(archive: Archive, config: CampaignConfig, problem: Problem) -> Written:
    before = Written.model_validate(archive.record().written)
    now = {"adrs": __version__, "python": platform.python_version(), "platform": platform.platform()}
    return before.model_copy(update={**now, "prompts_hash": prompts_hash(config), "problem_hash": problem.hash})


def _make(source: Archive, trial: int, runs: Path, config: CampaignConfig, written: Written) -> RunFolder:
    """Make the run under another name than the archive's, so that nobody takes it for one before it is whole."""
    runs.mkdir(parents=True, exist_ok=True)
    fresh = RunFolder(runs / f".{uuid4().hex}")
    fresh.path.mkdir()
    try:
        unfinished = fresh.path / "unfinished.db"
        _require_model(config, fresh)
        _fill(source, trial, sqlite_url(unfinished), config, written)
        unfinished.rename(fresh.archive)
        if config.archive:
            move(fresh, full(config.archive), str(config.name))
        fresh.write_config(config, written)
        folders.require_free(runs, str(config.name))
        return RunFolder(fresh.path.rename(runs / str(config.name)))
    finally:
        shutil.rmtree(fresh.path, ignore_errors=True)


def _require_model(config: CampaignConfig, fresh: RunFolder) -> None:
    """Refuse a model that there is not; its key may still be missing."""
    with suppress(MissingPart):
        open_campaign_model(config, fresh)


def _fill(source: Archive, trial: int, url: str, config: CampaignConfig, written: Written) -> None:
    name = str(config.name)
    target = Archive.create(url, name=name, config=config.model_dump(), written=written.model_dump())
    try:
        target.inherit(source, trial)
        target.add_event(_KIND, asdict(_origin(source, target, trial, config)))
    finally:
        target.close()


def _origin(source: Archive, target: Archive, trial: int, config: CampaignConfig) -> Origin:
    (trials, evaluations), spent, record = target.counts(), target.spend(), source.record()
    before = CampaignConfig.model_validate(record.config).model_dump()
    changed = {
        setting: (before[setting], value)
        for setting, value in config.model_dump().items()
        if setting not in _FIXED and before[setting] != value
    }
    return Origin(
        run=record.name,
        trial=trial,
        trials=trials,
        evaluations=evaluations,
        dollars=spent.dollars,
        tokens=spent.tokens,
        evaluator_seconds=spent.seconds,
        seconds=_wall_seconds(source, trial),
        sequential=sequential(source),
        changed=changed,
    )


def _wall_seconds(source: Archive, trial: int) -> float:
    """Return the share of the source's wall time that is the history's, by its share of the trials that were told."""
    told = len(source.trials())
    return worked_seconds(source) * min(1.0, (trial + 1) / told)


def _free_name(runs: Path, name: str) -> str:
    taken = (f"{name}-{count}" for count in range(2, 1000))
    return next((each for each in (name, *taken) if not (runs / each).exists()), name)
