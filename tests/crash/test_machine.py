"""A bad machine: a disk that fills up or turns read-only, a locked database, a clock that jumps, a damaged log."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.crash.faults import Fault
from tests.crash.test_endings import ends_well
from tests.crash.yard import Nursery, audit

pytestmark = pytest.mark.slow

_ALONE = (("unshare", "-m"), ("unshare", "-Urm"))


@pytest.fixture(scope="module")
def mounting():
    """A nursery that may mount file systems, which nobody else sees."""
    for command in _ALONE:
        with contextlib.suppress(OSError, ValueError), Nursery(*command) as nursery:
            if nursery.tell(do="shell", command="mount -t tmpfs -o size=64k tmpfs /mnt && umount /mnt")["code"] == 0:
                yield nursery
                return
    pytest.skip("no file system can be mounted here: neither as root nor in a user namespace")


@pytest.fixture
def disk_of(mounting, yard_of, tmp_path):
    """Makes a yard whose runs lie on a disk of their own, which a command mounts."""

    def build(command, **settings):
        runs = tmp_path / "a" / "runs"
        yard = yard_of(within=mounting, **settings)
        yard.root = Path(f"/proc/{mounting.pid}/root")
        runs.mkdir()
        mounting.shell(f"{command} {runs}")
        return yard, runs

    return build


def test_a_disk_that_fills_up_pauses_the_campaign_and_loses_nothing(disk_of, shop, mounting):
    yard, runs = disk_of("mount -t tmpfs -o size=900k tmpfs", trials=4000)
    paused = yard.session()
    assert paused.code == 1
    assert "full" in paused.err
    assert "Free some disk space" in paused.err
    yard.check(shop)
    mounting.shell(f"mount -o remount,size=40m {runs}")
    more_trials(yard, shop)


def test_a_disk_that_turns_read_only_pauses_the_campaign_and_loses_nothing(disk_of, shop, mounting, tmp_path):
    image = tmp_path / "image"
    made = mounting.tell(do="shell", command=f"truncate -s 16M {image} && mkfs.ext4 -q {image}")
    if made["code"] != 0:
        pytest.skip("no file system can be made here")
    yard, runs = disk_of(f"mount -o loop,errors=remount-ro {image}", trials=4000)
    yard.begin(Fault("answer", nth=5, action="stop"))
    assert yard.wait() is None
    mounting.shell(f"echo 1 > /sys/fs/ext4/$(basename $(findmnt -no SOURCE {runs}))/trigger_fs_error")
    yard.go_on(yard.pid)
    paused = yard.wait()
    assert paused.code == 1
    assert "archive.db" in paused.err
    mounting.shell(f"umount {runs}; e2fsck -fy {image}; mount -o loop,errors=remount-ro {image} {runs}")
    yard.check(shop)
    more_trials(yard, shop)


def test_a_run_on_a_read_only_disk_is_refused_and_goes_on_when_it_is_writable(disk_of, shop, mounting):
    yard, runs = disk_of("mount -t tmpfs -o size=40m tmpfs", trials=4000)
    assert yard.session(Fault("answer", nth=5)).code == -9
    mounting.shell(f"mount -o remount,ro {runs}")
    refused = yard.session()
    assert refused.code == 1
    assert "may not be written" in refused.err or "readonly" in refused.err
    mounting.shell(f"mount -o remount,rw {runs}")
    more_trials(yard, shop)


@pytest.mark.parametrize("method", ["tell", "plan"])
def test_a_database_that_another_process_locks_for_too_long_pauses_the_campaign(yard_of, shop, method):
    yard = yard_of(constants={"adrs.archive.connection._WAIT_SECONDS": 0.3})
    yard.begin(Fault(method, nth=3, action="stop"))
    assert yard.wait() is None
    with locked(yard):
        yard.go_on(yard.pid)
        paused = yard.wait()
    assert paused.code == 1
    assert "locked" in paused.err
    assert "Another process writes to it" in paused.err
    yard.check(shop)
    ends_well(yard, shop)


def test_a_database_that_is_locked_for_a_moment_is_waited_for(yard, shop):
    yard.begin(Fault("tell", nth=3, action="stop"))
    assert yard.wait() is None
    with locked(yard):
        yard.go_on(yard.pid)
        yard.pause(0.5)
    ended = yard.wait()
    assert ended.code == 0
    yard.check(shop, ended=True)


@contextlib.contextmanager
def locked(yard):
    """Hold the write lock of a run's database."""
    with contextlib.closing(sqlite3.connect(yard.archive, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


JUMPS = [-3600.0, 3600.0]


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_clock_that_jumps_changes_nothing_but_times(yard, shop, seconds):
    assert yard.session(Fault("tell", nth=3, action="clock", seconds=seconds)).code == 0
    yard.check(shop, ended=True)


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_clock_that_jumped_before_a_kill_does_not_stand_in_the_way(yard, shop, seconds):
    jump_and_kill(yard, seconds)
    yard.check(shop)
    assert yard.session().code == 0
    with yard.opened() as archive:
        audit(archive, shop, ended=True)
        assert archive.planned() == []


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_clock_that_jumped_before_a_kill_leaves_sessions_in_order(yard, shop, seconds):
    jump_and_kill(yard, seconds)
    ends_well(yard, shop)


def jump_and_kill(yard, seconds):
    jump, kill = Fault("send", nth=2, action="clock", seconds=seconds), Fault("tell", nth=4)
    yard.constants["adrs.campaign.session._BEAT_SECONDS"] = 0.0
    assert yard.session(jump, kill).code == -9


@pytest.mark.parametrize("seconds", JUMPS)
def test_a_clock_that_jumps_leaves_the_budget_of_time_alone(yard_of, seconds):
    yard = yard_of(seconds=600, trials=4)
    assert yard.session(Fault("tell", nth=2, action="clock", seconds=seconds)).code == 0
    with yard.opened() as archive:
        assert all(0 <= session.seconds < 300 for session in archive.sessions())


def test_a_clock_that_jumps_lets_no_second_controller_in(yard):
    yard.begin(Fault("tell", nth=3, action="stop"))
    assert yard.wait() is None
    controller = yard.pid
    try:
        assert yard.session(Fault("record", "enter", action="clock", seconds=3600.0)).code == 2
    finally:
        yard.end(controller)


DAMAGE = {
    "flipped": lambda log: log[:-100] + bytes(byte ^ 0xFF for byte in log[-100:]),
    "torn": lambda log: log[:-2000],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("method", ["tell", "answer"])
def test_a_damaged_end_of_the_log_costs_the_last_transaction_alone(yard, shop, damage, method):
    assert yard.session(Fault(method, nth=3)).code == -9
    before = facts_kept(yard)
    log = yard.archive.with_name("archive.db-wal")
    log.write_bytes(damage(log.read_bytes()))
    lost = {name: before[name] - count for name, count in facts_kept(yard).items()}
    assert sum(lost.values()) == 1
    yard.check(shop)
    ends_well(yard, shop)


def test_a_request_that_was_in_the_damaged_end_alone_is_paid_for_and_not_in_the_ledger(yard, shop):
    """The one case in which money leaves the ledger: the log's last transaction said that a request would be sent."""
    assert yard.session(Fault("answer", "enter", 3)).code == -9
    log = yard.archive.with_name("archive.db-wal")
    log.write_bytes(DAMAGE["flipped"](log.read_bytes()))
    sold = shop.sold.total()
    with yard.opened() as archive:
        assert len(archive.calls()) == sold - 1
    assert yard.session().code == 0
    assert yard.adrs("archive", "check", "x").code == 0
    with yard.opened() as archive:
        assert len(archive.calls()) == shop.sold.total() - 1


def facts_kept(yard):
    """Return how many of each fact the archive holds, on a copy that is read as a resume reads it."""
    with yard.opened() as archive:
        plans = archive.plans()
        return {
            "told": len(archive.trials()),
            "proposed": sum(plan.proposal is not None for plan in plans),
            "answered": sum(call.completion is not None for call in archive.calls()),
            "evaluated": archive.counts()[1],
        }


def test_a_log_that_was_deleted_before_anything_was_folded_into_the_archive_is_told_of(yard):
    assert yard.session(Fault("tell", nth=3)).code == -9
    yard.archive.with_name("archive.db-wal").unlink()
    told = yard.adrs("resume", "x")
    assert told.code == 1
    assert "no archive of adrs" in told.err


def more_trials(yard, shop):
    """Go on after the machine was mended, for a few trials more than there are."""
    with yard.opened() as archive:
        trials = archive.counts()[0] + 3
    assert yard.session(extra=("--trials", trials)).code == 0
    yard.check(shop, ended=True)
