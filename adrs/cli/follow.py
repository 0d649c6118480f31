"""A run's archive as events, for a view in another process than the controller's."""

from collections.abc import Iterator

from adrs.archive import Archive
from adrs.campaign.control import paused, worked_seconds
from adrs.cli.progress import Progress
from adrs.config import CampaignConfig
from adrs.events import Continued, Event, Launched, NewBest, Paused, TrialEnded
from adrs.problem import load


class Follower:
    """Turns what was added to an archive since the last look into events."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._told = 0
        self._promoted = 0
        record = archive.record()
        self._record = record
        config = CampaignConfig.model_validate(record.config)
        self.progress = Progress(load(config.problem), config)

    def news(self) -> Iterator[Event]:
        """Yield what is new, in the order in which it happened."""
        if self._told == 0:
            yield self._launched()
        spent, seconds = self._archive.spend(), worked_seconds(self._archive)
        for trial in self._archive.trials(after=self._told - 1):
            self._told += 1
            yield TrialEnded(trial, spent, seconds)
        yield from self._promotions()
        if paused(self._archive) != self.progress.paused:
            yield Continued() if self.progress.paused else Paused()

    def _launched(self) -> Launched:
        config, sandbox = self.progress.config, str(self._record.written["sandbox"])
        resumed = len(self._archive.sessions()) > 1
        return Launched(self._record.name, self.progress.problem.name, config.model, sandbox, config.seed, resumed)

    def _promotions(self) -> Iterator[NewBest]:
        promoted = self._archive.events("promoted")[self._promoted :]
        self._promoted += len(promoted)
        for _, _, data in promoted:
            trial = self._archive.trial(data["trial"])
            validation = self._archive.evaluation(data["trial"], self.progress.problem.judged)
            if trial is not None and validation is not None:
                yield NewBest(trial, validation)
