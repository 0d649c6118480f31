"""Programs that attack the evaluator they share a process with: everything ends with a status, and nothing is left.

What they can do is write their own score; the last test shows it, and it is why every such score is marked.
"""

import os
import time
from pathlib import Path

import pytest

from adrs.evaluation import Status
from tests.foreign.conftest import SEED

EVALUATOR = """
import evaluator
def score(answer):
    return answer
def evaluate(path):
    program = load(path)
    return {"combined_score": evaluator.score(program.answer())}
"""
QUICK = "evaluator: {timeout: 3}\n"
ENDED = {Status.CRASHED, Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.INVALID}
MARK = f"adrs-foreign-{os.getpid()}"

ATTACKS = {
    "leaves at once": "import os\nos._exit(0)",
    "never ends": "while True: pass",
    "never ends in C": "sum(range(10**18))",
    "kills its parent": "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)",
    "kills itself": "import os\nos.kill(os.getpid(), 9)",
    "forks for ever": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "takes all memory": "hoard = []\nwhile True: hoard.append(bytearray(1 << 26))",
    "fills the disk": "with open('/tmp/full', 'wb') as file:\n    while True: file.write(bytes(1 << 20))",
    "prints for ever": "while True: print('x' * 10000)",
    "rewrites the problem": "open('/problem/evaluator.py', 'w').write('')",
    "writes into the system": "open('/usr/adrs', 'w').write('')",
    "reads shadows": "open('/etc/shadow').read()",
    "reads the home": "import os\nassert os.listdir(os.path.expanduser('~root')) == [], 'open'\nraise OSError",
    "calls the network": "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)",
    "calls the engine": "import socket\nsocket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
    "asks for keys": "import os\nraise KeyError(os.environ['OPENAI_API_KEY'])",
    "answers in its stead": "import os\nos.write(3, bytes(1000))",
    "closes the connection": "import os\nos.close(3)\nimport time\ntime.sleep(60)",
    "dies in C": "import ctypes\nctypes.string_at(0)",
    "is nothing but a number": "import evaluator\nevaluator.score = lambda answer: float('nan')",
    "is of another kind": "import evaluator\nevaluator.evaluate.__globals__['score'] = lambda answer: 'much'",
}


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret")


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_ends_with_a_status(scored, write, keys, name):
    folder = write(EVALUATOR, config=QUICK)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    evaluation = scored(folder, f"{SEED}\n{ATTACKS[name]}\n")
    assert evaluation.status in ENDED
    assert evaluation.message
    assert "sk-a-secret" not in evaluation.message
    assert not evaluation.scores
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert scored(folder).valid


def test_no_process_outlives_its_evaluation(scored, write):
    attack = f"""
import subprocess, sys
for detached in (True, False):
    code = "import time; time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", code, "{MARK}"], start_new_session=detached)
"""
    scored(write(EVALUATOR, config=QUICK), SEED + attack)
    deadline = time.monotonic() + 10
    while _running(MARK):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_environment_holds_no_keys(scored, write, keys):
    source = "import os\ndef answer():\n    return float(any('KEY' in name for name in os.environ))\n"
    assert scored(write(EVALUATOR, config=QUICK), source).scores == {"combined_score": 0.0}


@pytest.mark.parametrize(
    "forgery",
    [
        "import evaluator\nevaluator.score = lambda answer: 1e9",
        "import sys\nframe = sys._getframe()\nwhile frame.f_code.co_name != 'evaluate': frame = frame.f_back\n"
        "frame.f_globals['evaluator'].score = lambda answer: 1e9",
    ],
)
def test_a_program_can_forge_its_score_and_that_is_why_it_is_marked(scored, write, forgery):
    evaluation = scored(write(EVALUATOR, config=QUICK), f"{SEED}\n{forgery}\n")
    assert evaluation.valid
    assert evaluation.scores == {"combined_score": 1e9}


def _running(mark):
    """Return whether a process that this machine can see has `mark` among its arguments."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False
