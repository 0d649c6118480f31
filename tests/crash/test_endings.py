"""Every end of a session, and its exit code: 0 only where the budget or the target was reached."""

import shutil

import pytest

from tests.cli.command import start
from tests.crash.faults import Fault
from tests.crash.shop import PRICE
from tests.llm.server import fails

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("limit", "used"),
    [
        ({"trials": 4}, "4 trials"),
        ({"trials": 99, "evaluations": 5}, "5 evaluations"),
        ({"trials": 99, "dollars": 0.08}, "dollars"),
        ({"trials": 99, "tokens": 6000}, "tokens"),
        ({"trials": 9999, "seconds": 1.5}, "1.5 seconds"),
        ({"trials": 99, "target": 23.0}, "the target of 23 was reached"),
    ],
)
def test_a_budget_that_was_used_and_a_target_that_was_reached_are_done(yard_of, shop, limit, used):
    yard = yard_of(**limit)
    ended = yard.session()
    assert ended.code == 0
    assert used in ended.out.partition("ended ")[2]
    yard.check(shop, ended=True)


@pytest.mark.parametrize("limit", [{"trials": 3}, {"trials": 99, "evaluations": 3}, {"trials": 99, "seconds": 1.0}])
def test_a_target_that_was_missed_is_said(yard_of, shop, limit):
    yard = yard_of(target=0.0, **limit)
    assert yard.session().code == 3
    assert yard.session().code == 3
    yard.check(shop, ended=True)


def test_a_provider_that_cannot_be_reached_pauses_the_campaign(yard_of, shop):
    yard = yard_of()
    yard.environment = {"ADRS_ATTEMPTS": "1"}
    shop.script(fails(503, "down"))
    paused = yard.session()
    assert paused.code == 1
    assert "down" in paused.err
    assert "adrs resume x" in paused.err
    ends_well(yard, shop)


def test_a_provider_that_refuses_needs_something(yard, shop):
    shop.script(fails(401, "no such key"))
    assert yard.session().code == 4
    ends_well(yard, shop)


def test_an_evaluator_that_breaks_in_the_middle_pauses_the_campaign(yard, shop):
    assert yard.session(Fault("tell", nth=3)).code == -9
    broken = yard.beside("broken")
    broken.touch()
    paused = yard.session()
    assert paused.code == 1
    assert "the simulator is broken" in paused.err
    assert "adrs resume" in paused.err
    broken.unlink()
    ends_well(yard, shop)


@pytest.mark.parametrize("action", ["interrupt", "terminate"])
@pytest.mark.parametrize("method", ["send", "tell"])
def test_an_interrupt_finishes_what_is_in_flight_and_can_be_resumed(yard, shop, action, method):
    ended = yard.session(Fault(method, nth=3, action=action))
    assert ended.code == 130
    assert "nothing is lost" in ended.err
    with yard.opened() as archive:
        assert archive.planned() == []
    yard.check(shop, ended=True)
    ends_well(yard, shop)


def test_a_second_interrupt_leaves_at_once(yard, shop):
    assert yard.session(Fault("send", nth=2, action="interrupt"), Fault("answer", "enter", 2, "terminate")).code == 130
    yard.check(shop)
    ends_well(yard, shop)


def test_a_stop_from_another_terminal_can_be_resumed(yard, shop):
    yard.begin(Fault("tell", nth=3, action="stop"))
    assert yard.wait() is None
    controller = yard.pid
    assert yard.adrs("resume", "x").code == 2
    assert yard.adrs("stop", "x").code == 0
    yard.go_on(controller)
    assert yard.wait().code == 130
    ends_well(yard, shop)


def test_a_reader_that_leaves_does_not_make_a_run_that_ends_short_done(yard, shop):
    options = ("--model", "served", "--base-url", shop.url, "--price", PRICE, "--trials", 4000, "--on", "local")
    process = start("run", "./queues", *options, "--name", "x", "--json", cwd=yard.folder)
    process.stdout.readline()
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130
    assert "adrs resume x" in told
    yard.check(shop)


def test_what_a_kill_left_unfinished_is_shown(yard, shop):
    assert yard.session(Fault("send", nth=3)).code == -9
    with yard.opened() as archive:
        (left,) = archive.planned()
    listed = [line.split()[0] for line in yard.adrs("show", "x").out.splitlines() if line.strip()]
    assert str(left.number) in listed or f"trial {left.number}" in yard.adrs("status", "x").out


def test_a_run_whose_folder_is_gone_is_not_done(yard):
    assert yard.session(Fault("tell", nth=2)).code == -9
    shutil.rmtree(yard.run)
    assert yard.adrs("resume", "x").code == 2


def ends_well(yard, shop):
    """Resume once more, and let the campaign come to its end."""
    assert yard.session().code == 0
    yard.check(shop, ended=True)
    with yard.opened() as archive:
        assert archive.planned() == []
        assert len(archive.trials()) == archive.counts()[0]
