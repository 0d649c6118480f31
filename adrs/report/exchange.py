"""Runs as files for other programs, and back."""

import csv
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from adrs.archive import Archive, CampaignRecord
from adrs.archive.importing import import_archive, settle
from adrs.campaign.audits import audits
from adrs.campaign.folder import RunFolder, require_free
from adrs.campaign.moving import move
from adrs.config import CampaignConfig, Written
from adrs.errors import UsageError
from adrs.evaluation import Evaluation
from adrs.trial import Trial

_PLAIN = ("number", "parents", "status", "model", "dollars", "tokens", "seconds", "program", "note")


def import_run(source: Path, runs: Path, name: str | None, *, archive: str | None = None) -> RunFolder:
    """Make a run from an exported archive, whole or not at all.

    Args:
        source: What `adrs archive export` wrote.
        runs: Folder of campaign folders.
        name: The run's name; the one that it had, if absent.
        archive: URL of the database that it goes to; a file in the run's folder, if absent.

    Raises:
        UsageError: There is no such export, or there is a run of this name.
        ArchiveOutdated: A newer adrs wrote it.
        ArchiveError: It is no export, damaged, or what it holds breaks an invariant.
        MissingPart: It is Parquet, and pyarrow is not installed.
    """
    if name is not None:
        require_free(runs, name)
    runs.mkdir(parents=True, exist_ok=True)
    fresh = RunFolder(runs / f".{uuid4().hex}")
    fresh.path.mkdir()
    try:
        _import(source, fresh, name, archive)
        chosen = _complete(fresh)
        require_free(runs, chosen)
        if archive is not None:
            move(fresh, archive, chosen)
        return RunFolder(fresh.path.rename(runs / chosen))
    finally:
        shutil.rmtree(fresh.path, ignore_errors=True)


def write_trials(folder: RunFolder, target: Path) -> None:
    """Write one line per finished trial to a CSV file, for people: scores by objective, empty where there are none.

    Raises:
        UsageError: There is something at `target`.
    """
    archive = folder.open()
    try:
        trials, validations = archive.trials(), archive.evaluations("validation")
    finally:
        archive.close()
    objectives = sorted({name for trial in trials for name in trial.evaluation.scores})
    scores = [f"{split}_{name}" for split in ("train", "validation") for name in objectives]
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*_PLAIN[:3], *scores, *_PLAIN[3:]], restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(_lines(trials, validations))
    except FileExistsError:
        raise UsageError(f"there is a {str(target)!r} already", "Name another with -o.") from None


def _import(source: Path, fresh: RunFolder, name: str | None, archive: str | None) -> None:
    """Import into another file than the archive's, so that nobody takes it for a run before it is whole."""
    unfinished = fresh.path / "unfinished.db"
    import_archive(source, unfinished)
    settle(unfinished, name=name, archive_url=archive)
    unfinished.rename(fresh.archive)


def _complete(fresh: RunFolder) -> str:
    """Write what stands beside an archive; return the name of the run."""
    archive = fresh.open()
    try:
        record = archive.record()
        _write_settings(fresh, record)
        best = _best(archive)
    finally:
        archive.close()
    if best is not None and best.program is not None:
        fresh.write_best(best.program)
    return record.name


def _write_settings(fresh: RunFolder, record: CampaignRecord) -> None:
    fresh.write_config(CampaignConfig.model_validate(record.config), Written.model_validate(record.written))


def _best(archive: Archive) -> Trial | None:
    """Return the trial that was promoted last; None if there is none, or it was marked since."""
    promoted = archive.events("promoted")
    if not promoted:
        return None
    number = promoted[-1][2]["trial"]
    audit = audits(archive).get(number)
    return archive.trial(number) if audit is None or audit.passed else None


def _lines(trials: list[Trial], validations: Mapping[int, Evaluation]) -> Iterator[dict[str, object]]:
    for trial in trials:
        validation = validations.get(trial.number)
        line: dict[str, object] = {"number": trial.number, "parents": " ".join(map(str, trial.parents))}
        line |= {"status": str(trial.evaluation.status), "model": _harmless(trial.model), "note": _harmless(trial.note)}
        line |= {f"train_{name}": value for name, value in trial.evaluation.scores.items()}
        line |= {f"validation_{name}": value for name, value in (validation.scores if validation else {}).items()}
        line |= {"dollars": trial.spend.dollars, "tokens": trial.spend.tokens, "seconds": trial.spend.seconds}
        yield line | {"program": trial.program.hash if trial.program else ""}


def _harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
