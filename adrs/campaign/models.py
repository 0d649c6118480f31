"""Who rewrites the programs of a campaign."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from adrs.archive import Archive
from adrs.campaign.folder import RunFolder
from adrs.campaign.steering import texts_for
from adrs.config import CampaignConfig
from adrs.llm import Model
from adrs.llm.catalogue import ModelSettings, open_model
from adrs.llm.scheduling.pace import Pace
from adrs.llm.scheduling.schedulers import Schedulers
from adrs.llm.scripted import Scripted
from adrs.llm.waiting import Wait, sleep
from adrs.prompting import Prompts
from adrs.proposing import Proposer
from adrs.proposing.mutator import Mutator
from adrs.proposing.prompted import Prompted


def open_campaign_model(
    config: CampaignConfig, folder: RunFolder | None, *, wait: Wait = sleep, schedulers: Schedulers | None = None
) -> Model | None:
    """Return the model of a campaign; None where the mutator rewrites.

    Args:
        config: The settings.
        folder: The run's folder, where its mailbox lies.
        wait: Waits between two requests; cut short when it returns true.
        schedulers: Where requests wait for their turn.

    Raises:
        UsageError: There is no such model.
        ProviderRefused: The key of its provider is not set.
    """
    if config.model == "mutator":
        return None
    settings = ModelSettings(
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        seconds=config.model_seconds,
        attempts=config.attempts,
        base_url=config.base_url,
        price=config.price,
        folder=folder.path / "mailbox" if folder else None,
        record=Path(config.record) if config.record else None,
        pace=_pace(config),
        schedulers=schedulers or Schedulers(),
    )
    return open_model(config.model, settings, wait=wait)


def _pace(config: CampaignConfig) -> Pace:
    return Pace(config.concurrency, config.requests_per_minute, config.tokens_per_minute, config.outage_seconds)


def open_prompted(prompts: Path | None, references: Mapping[str, Mapping[str, float]]) -> Prompted:
    """Return a proposer that can say what it would ask, without a model to ask."""
    return Prompted(Scripted(()), prompts=Prompts(prompts), references=references)


def open_prompts(config: CampaignConfig) -> Prompts:
    """Return the templates of a campaign."""
    return Prompts(Path(config.prompts) if config.prompts else None)


def prompts_hash(config: CampaignConfig) -> str:
    """Return the hash of a campaign's templates; empty where no model is asked."""
    return "" if config.model == "mutator" else open_prompts(config).hash


class Proposers:
    """Makes the proposer of each trial."""

    def __init__(self, model_of: Callable[[int], Model] | None, archive: Archive, config: CampaignConfig) -> None:
        """Let the model that `model_of` returns for a trial rewrite its programs; None is the mutator."""
        self._model_of = model_of
        self._archive = archive
        self._config = config

    def __call__(self, number: int) -> Proposer:
        """Return the proposer of trial `number`."""
        if self._model_of is None:
            return Mutator()
        model = self._model_of(number)
        return Prompted(
            model,
            prompts=self._prompts,
            references=self._references,
            hints=lambda: texts_for(self._archive, number),
            repairs=self._config.repairs,
        )

    @cached_property
    def _prompts(self) -> Prompts:
        return open_prompts(self._config)

    @cached_property
    def _references(self) -> Mapping[str, Mapping[str, float]]:
        measured = self._archive.references("train")
        return {name: evaluation.scores for name, evaluation in measured.items()}
