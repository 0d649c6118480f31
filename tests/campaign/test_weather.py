from dataclasses import replace

from adrs.archive import Archive
from adrs.archive.connection import sqlite_url
from adrs.campaign.weather import Providers
from adrs.errors import ProviderUnavailable
from adrs.events import Event, Notice
from adrs.llm.scheduling.pace import Pace


def test_an_outage_is_noted_and_told_when_the_controller_asks(tmp_path):
    archive = Archive.create(sqlite_url(tmp_path / "archive.db"), name="x", config={}, written={})
    providers, told = Providers(), list[str]()

    def listen(event: Event) -> None:
        assert isinstance(event, Notice)
        told.append(event.text)

    scheduler = providers.schedulers.of("m", None, Pace())
    requests = [scheduler.enter(1, lambda seconds: False) for _ in range(5)]
    for sent in requests:
        scheduler.failed(sent, ProviderUnavailable("'m' is busy (429): slow down"), first=sent)
    assert told == []
    assert archive.events() == []
    providers.pass_on(archive, listen)
    [text] = told
    assert "waiting for 'm'" in text
    assert "slow down" in text
    [(_, kind, data)] = archive.events()
    assert (kind, data["model"]) == ("outage", "m")
    assert 0 < data["probe"] - data["since"] <= 1.0
    scheduler.answered(replace(requests[0], probe=True))
    providers.pass_on(archive, listen)
    assert "answers again" in told[1]
    assert [kind for _, kind, _ in archive.events()] == ["outage", "cleared"]
    providers.pass_on(archive, listen)
    assert len(told) == 2
    archive.close()
