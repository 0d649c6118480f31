import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adrs.errors import AdrsError, Interrupted, ProviderUnavailable
from adrs.llm import Completion, Message, Prompt
from adrs.llm.mailbox import Mailbox


def ask(text: str) -> Prompt:
    return Prompt((Message("system", "Be brief."), Message("user", text)))


class Office:
    """The other side of a mailbox: time passes only while the model waits, and then things happen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 0.0
        self.plan: list[Callable[[], object]] = []
        self.stop = False

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        if self.plan:
            self.plan.pop(0)()
        return self.stop or self.now > 1000  # nothing will come any more

    def open(self, *, seconds: float | None = None) -> Mailbox:
        return Mailbox(self.folder, max_tokens=100, seconds=seconds, wait=self.wait, clock=lambda: self.now)

    def reply(self, number: int, text: str) -> Callable[[], object]:
        return lambda: (self.folder / f"{number:04}.reply.md").write_text(text)

    def prompts(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.prompt.md"))

    def leave(self, prompt: Prompt, *, seed: int) -> None:
        """Ask and go away before there is an answer, as a process that is killed does."""
        self.stop = True
        with pytest.raises(Interrupted):
            self.open().complete(prompt, seed=seed)
        self.stop = False


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "mail")


def test_a_prompt_is_a_file_and_so_is_the_reply(office: Office) -> None:
    office.plan = [lambda: None, office.reply(1, "hello\n")]
    completion = office.open().complete(ask("Say hello."), seed=5)
    text = (office.folder / "0001.prompt.md").read_text()
    assert text.index("<!-- prompt 0001, ") < text.index("<!-- system -->") < text.index("Be brief.")
    assert text.index("Be brief.") < text.index("<!-- user -->") < text.index("Say hello.")
    assert "0001.reply.md" in text.split("\n")[0]
    assert (completion.text, completion.dollars, completion.model) == ("hello\n", 0.0, "mailbox")
    assert completion.usage.estimated
    assert completion.usage.total <= office.open().quote(ask("Say hello.")).tokens
    assert completion.seconds == office.now


def test_a_reply_that_still_grows_is_not_taken(office: Office) -> None:
    office.plan = [office.reply(1, ""), office.reply(1, "hel"), office.reply(1, "hello, wo"), office.reply(1, "hello")]
    assert office.open().complete(ask("p"), seed=1).text == "hello"


def test_an_unanswered_prompt_is_not_asked_twice_after_a_restart(office: Office) -> None:
    office.leave(ask("p"), seed=1)
    office.plan = [office.reply(1, "late")]
    assert office.open().complete(ask("p"), seed=2).text == "late"
    assert office.prompts() == ["0001.prompt.md"]
    assert office.open().complete(ask("p"), seed=2).text == "late"  # the file is now known by the new seed


def test_an_answer_that_came_while_nobody_was_there_is_taken(office: Office) -> None:
    office.leave(ask("p"), seed=1)
    office.reply(1, "early")()
    assert office.open().complete(ask("p"), seed=1).text == "early"
    assert office.prompts() == ["0001.prompt.md"]


def test_the_same_prompt_with_another_seed_wants_another_answer(office: Office) -> None:
    office.plan = [office.reply(1, "a"), lambda: None, office.reply(2, "b")]
    mailbox = office.open()
    assert [mailbox.complete(ask("p"), seed=seed).text for seed in (1, 2)] == ["a", "b"]
    assert office.prompts() == ["0001.prompt.md", "0002.prompt.md"]


def test_two_threads_with_the_same_prompt_get_an_answer_each(tmp_path: Path) -> None:
    both_asked = threading.Event()

    def wait(seconds: float) -> bool:
        if not both_asked.is_set() and (tmp_path / "0002.prompt.md").exists():
            for number in (1, 2):
                (tmp_path / f"{number:04}.reply.md").write_text(f"answer {number}")
            both_asked.set()
        return not both_asked.wait(5.0)

    mailbox = Mailbox(tmp_path, max_tokens=100, wait=wait)

    def call(seed: int) -> Completion:
        return mailbox.complete(ask("p"), seed=seed)

    with ThreadPoolExecutor(2) as threads:
        texts = {completion.text for completion in threads.map(call, [1, 2])}
    assert texts == {"answer 1", "answer 2"}


def test_waiting_has_an_end_if_one_is_set(office: Office) -> None:
    with pytest.raises(ProviderUnavailable, match="within 10 s"):
        office.open(seconds=10).complete(ask("p"), seed=1)
    assert 10 < office.now < 12
    assert office.prompts() == ["0001.prompt.md"]


def test_a_stop_leaves_the_prompt(office: Office) -> None:
    office.leave(ask("p"), seed=1)
    assert office.prompts() == ["0001.prompt.md"]
    assert list(office.folder.glob("*.draft")) == []


def test_files_of_others_do_not_disturb(office: Office) -> None:
    office.folder.mkdir()
    (office.folder / "0001.prompt.md").write_bytes(b"\xff\xfe not ours")
    (office.folder / "notes.txt").touch()
    office.reply(4, "to nobody")()
    office.plan = [office.reply(5, "x")]
    assert office.open().complete(ask("p"), seed=1).text == "x"


def test_half_a_surrogate_pair_can_be_asked(office: Office) -> None:
    office.plan = [office.reply(1, "fine")]
    assert office.open().complete(ask("\ud83d"), seed=1).text == "fine"


def test_a_folder_that_cannot_be_used_is_said(office: Office) -> None:
    office.folder.touch()
    with pytest.raises(AdrsError, match="cannot be used") as caught:
        office.open().complete(ask("p"), seed=1)
    assert "adrs resume" in caught.value.todo
