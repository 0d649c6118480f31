"""A process that has loaded everything once and forks sessions of `adrs`, each of which can be made to fail.

Starting Python and importing takes longer than a short campaign; a fork takes milliseconds. A forked session runs
`adrs.cli.main` as the shell would, in a session of its own. Orders come as lines of JSON on stdin, one answer each.
"""

import ctypes
import importlib
import json
import multiprocessing
import os
import pkgutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import adrs
from adrs.archive import connection
from adrs.llm import transport
from adrs.sandbox import local

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 10.0


def main():
    """Obey until stdin ends."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)  # whoever outlives a session becomes ours, and is counted
    _load()
    sessions: set[int] = set()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "start":
            pid = os.fork()
            if pid == 0:
                answers.close()
                _live(order)
                return
            sessions.add(pid)
            answer: dict[str, object] = {"pid": pid}
        elif order["do"] == "wait":
            answer = _wait(order["pid"], sessions)
        else:
            done = subprocess.run(order["command"], shell=True, capture_output=True, text=True, check=False)
            answer = {"code": done.returncode, "said": done.stdout + done.stderr}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _load():
    """Import what a session imports, so that a forked one need not; nothing that is opened stays open."""
    for module in pkgutil.walk_packages(adrs.__path__, "adrs."):
        if "migrations" not in module.name and "__main__" not in module.name and "hostile" not in module.name:
            importlib.import_module(module.name)
    importlib.import_module("tests.crash.faults")
    importlib.import_module("alembic.command")
    transport.http_client().close()
    connection.Database("sqlite://").close()
    local.bubblewrap()


def _wait(pid, sessions):
    """Wait until a session ends or stops; after its end, until whatever it had started has ended too."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return {"stopped": True}
    sessions.remove(pid)
    return {"stopped": False, "code": os.waitstatus_to_exitcode(status), "left": _left(sessions)}


def _left(sessions):
    """Return how many processes dead sessions have left behind for good."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    deadline = time.monotonic() + _PATIENCE
    while orphans := set(map(int, children.read_text().split())) - sessions:
        if time.monotonic() > deadline:
            return len(orphans)
        for orphan in orphans:
            os.waitpid(orphan, os.WNOHANG)
        time.sleep(0.002)
    return 0


def _live(order):
    """Be a session of `adrs`."""
    from adrs.cli import main as session
    from tests.crash import faults

    os.setsid()
    os.chdir(order["cwd"])
    os.environ.update(order["env"])
    _redirect(order["log"])
    _fork_workers()
    faults.arm(order["faults"])
    faults.settle(order["constants"])
    sys.argv = ["adrs", *order["arguments"]]
    session()


def _redirect(log):
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{log}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


def _fork_workers():
    """Let evaluation workers be forks too, made before there are threads."""
    from adrs.dispatch import processes

    forks = multiprocessing.get_context("fork")

    def launch(self, slot):
        executor = ProcessPoolExecutor(1, forks, self._start, (slot, os.getpid()))
        executor.submit(os.getpid).result()
        return executor

    processes.Workers._launch = launch  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
