"""A PostgreSQL server that goes away in the middle: nothing is lost, nothing is doubled."""

import threading
from contextlib import closing

import pytest

from adrs.archive import Archive, server
from adrs.archive.connection import Database
from adrs.config import CampaignConfig
from adrs.errors import ArchiveError, ConfigError
from tests.archive.postgres import PASSWORD, Postgres
from tests.archive.proxy import Proxy
from tests.campaign.world import World, facts

pytestmark = pytest.mark.postgresql
SETTINGS = {"problem": "queues", "workers": 1, "trials": 40, "seed": 7, "search": "greedy"}


class Leased(World):
    """A world whose loop runs in a session, as a controller's does."""

    def session(self):
        self.archive.begin_session()
        outcome = self.loop().run()
        self.archive.end_session(reason=outcome.reason, finished=outcome.finished)
        return outcome


@pytest.fixture
def make(tmp_path):
    worlds = []

    def build(name, url=None):
        (tmp_path / name).mkdir(exist_ok=True)
        worlds.append(Leased(tmp_path / name, CampaignConfig.model_validate(SETTINGS), shared=url))
        return worlds[-1]

    yield build
    for world in worlds:
        world.close()


@pytest.fixture
def proxied(postgres):
    proxies = []

    def build(cut):
        proxies.append(Proxy(postgres.port, cut))
        return proxies[-1]

    yield build
    for proxy in proxies:
        proxy.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The facts of the same campaign that nothing happened to, in the other store."""
    world = Leased(tmp_path_factory.mktemp("undisturbed"), CampaignConfig.model_validate(SETTINGS))
    world.session()
    world.close()
    return facts(world.archive)


@pytest.fixture
def database(postgres):
    return postgres.new_database()


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_line_that_is_cut_at_a_commit_loses_and_doubles_nothing(make, proxied, postgres, database, undisturbed, how):
    proxy = proxied(lambda commit: how if commit > 8 and commit % 17 == 0 else None)
    world = make("cut", postgres.url_with_password(database, port=proxy.port))
    assert world.session().finished
    assert proxy.cuts >= 10
    assert facts(world.archive) == undisturbed
    (session,) = world.archive.sessions()
    assert (session.number, session.finished) == (1, True)
    assert sorted(plan.arrived for plan in world.archive.plans()) == list(range(40))


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_session_whose_begin_is_cut_begins_once(make, proxied, postgres, database, how):
    world = make("begun", postgres.url(database))
    cut = iter(())
    proxy = proxied(lambda commit: next(cut, None))
    url = postgres.url_with_password(database, port=proxy.port)
    with closing(Archive.open(url, name="begun")) as archive:
        cut = iter([how, how])
        assert archive.begin_session() == 1
        archive.add_event("noticed", {"x": 1})
        assert len(archive.sessions()) == 1
        assert len(archive.events()) == 1
    assert proxy.cuts >= 2
    assert len(world.archive.sessions()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_campaign_goes_on_while_its_server_is_restarted(make, undisturbed, mode):
    own = Postgres()  # the others are left in peace
    try:
        world = make("restarted", own.url(own.new_database()))
        done = threading.Event()
        restarts = []

        def restart():
            while not done.is_set():
                own.restart(mode)
                restarts.append(len(world.archive.trials()))

        thread = threading.Thread(target=restart)
        slow = world.bench.evaluate

        def evaluate(program, split):
            done.wait(0.1)
            return slow(program, split)

        world.bench.evaluate = evaluate
        thread.start()
        try:
            assert world.session().finished
        finally:
            done.set()
            thread.join()
        assert len(set(restarts)) >= 3, restarts
        assert facts(world.archive) == undisturbed
        assert sorted(plan.arrived for plan in world.archive.plans()) == list(range(40))
        world.archive.close()
    finally:
        own.close()


def test_a_server_that_stays_away_pauses_the_campaign_and_it_resumes(make, undisturbed, monkeypatch):
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.5)
    own = Postgres()
    try:
        world = make("away", own.url(own.new_database()))
        evaluate = world.bench.evaluate
        left = iter(range(10))

        def last(program, split):
            if next(left, None) is None and own is not None:
                own.stop()
            return evaluate(program, split)

        world.bench.evaluate = last
        with pytest.raises(ArchiveError, match="cannot be used") as caught:
            world.session()
        assert "server runs and can be reached, then `adrs resume" in caught.value.todo
        with pytest.raises(ArchiveError):
            world.archive.end_session(reason="the controller failed", finished=False)
        world.bench.evaluate = evaluate
        own.start()
        assert world.session().finished
        assert facts(world.archive) == undisturbed
        world.archive.close()
    finally:
        own.close()


def test_what_holds_up_another_transaction_is_tried_again(make, postgres, database):
    """Two campaigns add the same two texts in opposite order, which the server ends as a deadlock."""
    make("world", postgres.url(database))
    one, two = Database(postgres.url(database)), Database(postgres.url(database))
    both = threading.Barrier(2)
    first = {one: True, two: True}
    wrote = []

    def write(mine, digests):
        def body(connection):
            for digest in digests:
                statement = f"INSERT INTO texts VALUES ('{digest}', '') ON CONFLICT DO NOTHING"
                connection.exec_driver_sql(statement)
                if first[mine] and digest == digests[0]:
                    first[mine] = False
                    both.wait(10)
            return digests

        wrote.append(mine.run(body))

    threads = [threading.Thread(target=write, args=(one, "ab")), threading.Thread(target=write, args=(two, "ba"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wrote) == ["ab", "ba"]
    one.close()
    two.close()


def test_what_a_server_refuses_is_said_without_the_password(postgres, database, monkeypatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    wrong = postgres.url_with_password(database, password=":wrong-horse")
    with pytest.raises(ArchiveError, match="password authentication failed") as caught:
        Archive.open(wrong)
    assert "PGPASSWORD or ~/.pgpass" in caught.value.todo
    assert "wrong-horse" not in str(caught.value)
    with pytest.raises(ArchiveError, match="does not exist") as caught:
        Archive.open(postgres.url_with_password("nowhere"))
    assert PASSWORD not in str(caught.value) + caught.value.todo
    with pytest.raises(ConfigError, match="neither SQLite nor PostgreSQL") as other:
        Archive.open(f"mysql://me:{PASSWORD}@host/x")
    assert PASSWORD not in str(other.value)


def test_text_that_postgresql_does_not_take_is_kept_as_far_as_it_does(make, postgres, database):
    from adrs.evaluation import Evaluation, Status
    from adrs.trial import Proposal

    world = make("odd", postgres.url(database))
    world.archive.plan(0, None)
    world.archive.propose(0, Proposal(world.problem.seed, "m" * 300, note="a\0b"))
    world.archive.begin_evaluation(0, "train")
    world.archive.add_evaluation(0, Evaluation(Status.CRASHED, "train", "nul \0 and \U0001f980"))
    trial = world.archive.tell(0)
    assert (trial.model, trial.note) == ("m" * 200, "a\ufffdb")
    assert trial.evaluation.message == "nul \ufffd and \U0001f980"
