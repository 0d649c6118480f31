"""One session of a campaign: from its settings or its archive to the end of the loop."""

import contextlib
import platform
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import BoundedSemaphore

from adrs import __version__
from adrs.address import full
from adrs.archive import Archive, running
from adrs.archive.connection import sqlite_url
from adrs.archive.lease import already_running
from adrs.archive.shared import names_in
from adrs.budget import Budget
from adrs.campaign import decisions
from adrs.campaign import folder as folders
from adrs.campaign.changing import changed, require_limit
from adrs.campaign.control import Control, Watch, throttled, worked_seconds
from adrs.campaign.evaluations import WorkerPool
from adrs.campaign.folder import RunFolder
from adrs.campaign.hedging import Hedge
from adrs.campaign.ledger import Ledgered
from adrs.campaign.loop import Loop
from adrs.campaign.machine import note_hardware, note_image
from adrs.campaign.models import Proposers, open_campaign_model, prompts_hash
from adrs.campaign.parts import Outcome, Parts
from adrs.campaign.references import measure_references
from adrs.campaign.steering import Steering
from adrs.campaign.unsaved import take_in
from adrs.campaign.weather import Providers
from adrs.config import CampaignConfig, Written
from adrs.errors import UsageError
from adrs.evaluating.loading import load_evaluator
from adrs.evaluating.needs import needs_of
from adrs.evaluating.stages import longest
from adrs.events import Ended, Event, Launched, Listener, NewBest, Notice
from adrs.hardware import read_hardware
from adrs.llm import Model
from adrs.llm.waiting import Wait, sleep
from adrs.problem import Problem, load
from adrs.sandbox.choice import Choice, choose
from adrs.sandbox.images import content_id
from adrs.search.catalogue import open_search

_PACKAGES = ("alembic", "litellm", "numpy", "openai", "pydantic", "sqlalchemy")
_BEAT_SECONDS = 1.0


@dataclass(frozen=True)
class Opened:
    """A campaign that is ready to run."""

    folder: RunFolder
    problem: Problem
    config: CampaignConfig
    archive: Archive
    wall: Choice
    model: Model | None
    """None where the mutator rewrites."""
    providers: Providers
    image: str
    """Content id of the image that candidates run on; empty where they run on none."""


def create(config: CampaignConfig, *, wait: Wait = sleep) -> Opened:
    """Make the folder and archive of a new campaign, after everything that it needs was found.

    Args:
        config: The resolved settings.
        wait: How a model waits between two requests; cut short when it returns true.

    Raises:
        UsageError: The problem, the search, a setting or the name cannot be used.
        MissingPart: The sandbox, or the key of the model's provider, is not here.
    """
    problem = load(config.problem)
    open_search(config.search, problem, config.search_options)
    require_limit(config)
    if not problem.pack.self_scored:
        load_evaluator(problem)  # a pack that cannot be used should say so before there is a run
    wall = _wall(problem, config)
    shared = full(config.archive) if config.archive else None
    folder = folders.create(Path(config.runs), config.name, taken=names_in(shared) if shared else ())
    config = config.model_copy(update={"name": folder.name, "problem": _reference(config.problem)})
    try:
        written = _written(problem, config, wall)
        providers = Providers()
        model = open_campaign_model(config, folder, wait=wait, schedulers=providers.schedulers)
        if shared:
            folder.write_address(shared, folder.name)
        archive = Archive.create(
            shared or sqlite_url(folder.archive),
            name=folder.name,
            config=config.model_dump(),
            written=written.model_dump(),
        )
        folder.write_config(config, written)
    except BaseException:
        folders.remove(folder)
        raise
    return Opened(folder, problem, config, archive, wall, model, providers, written.image)


def reopen(folder: RunFolder, changes: Mapping[str, str], *, wait: Wait = sleep) -> Opened:
    """Open a campaign to go on with it, with some settings changed (`+5` adds to a limit); the change is recorded.

    Raises:
        UsageError: Another controller runs it, or its problem is no longer what it was.
        MissingPart: The sandbox, or the key of the model's provider, is not here.
    """
    archive = folder.open()
    record = archive.record()
    sessions = archive.sessions()
    if running(sessions):
        raise already_running(folder.name, sessions[-1])
    config = changed(CampaignConfig.model_validate(record.config), changes)
    problem = load(config.problem)
    if problem.hash != record.written["problem_hash"]:
        raise UsageError(
            f"the problem {problem.name!r} is not what it was when {folder.name!r} began",
            "Restore the pack (the results would not compare), or begin a new run.",
        )
    wall = _wall(problem, config)
    providers = Providers()
    model = open_campaign_model(config, folder, wait=wait, schedulers=providers.schedulers)
    return Opened(folder, problem, config, archive, wall, model, providers, _image(wall))


def _wall(problem: Problem, config: CampaignConfig) -> Choice:
    return choose(config.on, needs_of(problem, isolation=config.isolation, runtime=config.runtime))


def _image(wall: Choice) -> str:
    return content_id(wall.image) if wall.image else ""


def run(opened: Opened, watch: Watch) -> Outcome:
    """Run one session of a campaign to its end, and say how it ended."""
    archive, config = opened.archive, opened.config
    before = archive.sessions()
    control = Control(archive, archive.begin_session(), watch)
    _settle(opened)
    name, wall = opened.folder.name, opened.wall
    watch.listener(Launched(name, opened.problem.name, config.model, wall.name, config.seed, resumed=bool(before)))
    note_hardware(archive, watch.listener, timed=opened.problem.pack.clock is not None)
    note_image(archive, watch.listener, opened.image)
    if config.on == "auto" and wall.name == "local":
        watch.listener(Notice(f"candidates run in the local sandbox: {wall.reason}"))
    if config.model == "mailbox":
        watch.listener(Notice(f"each prompt is a file in {opened.folder.path / 'mailbox'}, which says where to answer"))
    pool = WorkerPool(opened.problem, wall=wall, count=config.workers)
    threads = ThreadPoolExecutor(decisions.proposing(config), thread_name_prefix="model")
    outcome = Outcome("the controller failed")
    try:
        parts = _parts(opened, pool, threads, watch, control)
        measure_references(parts)
        outcome = Loop(parts).run()
        opened.providers.pass_on(archive, watch.listener)
    finally:
        pool.close()
        threads.shutdown(wait=False, cancel_futures=True)
        archive.end_session(reason=outcome.reason, finished=outcome.finished, worked=control.seconds())
        watch.listener(Ended(outcome.reason, outcome.finished))
    return outcome


def _settle(opened: Opened) -> None:
    """Note what holds from now on, and take in what an earlier session could not keep: the lease is ours."""
    archive, record = opened.archive, opened.archive.record()
    if opened.config.model_dump() != dict(record.config):
        archive.reconfigure(opened.config.model_dump())
    opened.folder.write_config(opened.config, Written.model_validate(record.written))
    take_in(opened.folder.unsaved, archive)


def _parts(opened: Opened, pool: WorkerPool, threads: ThreadPoolExecutor, watch: Watch, control: Control) -> Parts:
    problem, config, archive = opened.problem, opened.config, opened.archive
    trials, evaluations = archive.counts()
    budget = Budget(
        config.limits(),
        archive.spend(),
        trials=trials,
        evaluations=evaluations,
        evaluation_seconds=longest(problem),
    )
    before = worked_seconds(archive)
    beat = throttled(lambda: archive.beat(control.seconds()), _BEAT_SECONDS)

    def tick() -> None:
        opened.providers.pass_on(archive, watch.listener)
        beat()

    return Parts(
        problem=problem,
        config=config,
        archive=archive,
        budget=budget,
        search=open_search(config.search, problem, config.search_options),
        proposer=Proposers(_ledgered(opened, budget, control), archive, config),
        evaluations=pool,
        threads=threads,
        tell_user=_keeping_best(opened.folder, watch.listener),
        stop_asked=control.stop_asked,
        stop_waiting=watch.stop,
        tick=tick,
        seconds=lambda: before + control.seconds(),
        held=control.held,
        hints=Steering(archive, watch.listener),
    )


def _ledgered(opened: Opened, budget: Budget, control: Control) -> Callable[[int], Model] | None:
    """Return what makes the model of each trial, so that every call is booked on the trial that it is made for."""
    model, seconds = opened.model, opened.config.hedge_seconds
    if model is None:
        return None
    slots = control.turns(BoundedSemaphore(opened.config.threads()))
    hedge = (
        Hedge(seconds, lambda: opened.providers.schedulers.calm and not control.resting)
        if seconds is not None
        else None
    )
    return lambda number: Ledgered(
        model,
        opened.archive,
        budget,
        number,
        hedge=hedge,
        slots=slots,
        rescue=opened.folder.unsaved,
    )


def _keeping_best(folder: RunFolder, listener: Listener) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, NewBest) and event.trial.program is not None:
            folder.write_best(event.trial.program)
        listener(event)

    return listen


def _reference(problem: str) -> str:
    """Return a path to a problem as an absolute one, so that the run can be resumed from anywhere."""
    return str(Path(problem).resolve()) if Path(problem).is_dir() else problem


def _written(problem: Problem, config: CampaignConfig, wall: Choice) -> Written:
    packages = {}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            packages[name] = version(name)
    return Written(
        adrs=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=packages,
        problem_hash=problem.hash,
        prompts_hash=prompts_hash(config),
        sandbox=wall.name,
        image=_image(wall),
        self_scored=problem.pack.self_scored,
        hardware=read_hardware(),
    )
