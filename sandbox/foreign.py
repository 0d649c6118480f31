"""Inside the wall: runs a foreign evaluator on a program, both in this process.

This is the program that the sandbox is opened with; the host calls `prepare` once and then `run`. What either answers
is plain data, and whatever the evaluator or the program under test does to it harms only their own score: nothing here
is trusted, which is why every such score is marked.
"""

import contextlib
import dataclasses
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_PROBLEM = Path("/problem")
_TEXTS = {".sh", ".py", ".json", ".yaml", ".yml", ".toml", ".cfg"}
_OURS = ("service", "frames", "lockdown", "syscalls", "runner")  # an evaluator's modules may have these names
_TAIL = 4000  # bytes of output, and characters of one text, that are kept
_ITEMS, _DEPTH = 1000, 6
_FIRST = "combined_score"  # what must not be cut off
_THERE = re.compile(r"(?<![\w./-])/benchmark(?![\w-])")

_state: dict[str, Any] = {}


def prepare(source: str, settings: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """Lay out a copy of the problem that may be written to, put the program beside it, and load the evaluator.

    Args:
        source: The program.
        settings: `kind` (`function` or `script`), `file`, `mode_first`, `arguments`, and the texts of `stand_ins`.
        files: The problem's files: path to content and whether it can be executed; a large one has no content, and is
            linked to where the wall shows it.

    Returns:
        `functions`: which of the evaluator's functions there are; or `broken`: why there is none.
    """
    private = Path(tempfile.mkdtemp(prefix="foreign-"))
    program = private / "program" / "candidate_program.py"
    root, home = private / "problem", (private / "problem" / settings["file"]).parent
    _state.update(settings, home=home, program=program, output=private / "output.txt")
    try:
        _write(program, source.encode())
        _lay_out(root, files)
        _furnish(private, settings["stand_ins"])
    except OSError as error:
        return {"broken": f"its files cannot be laid out: {error}", "output": ""}
    os.chdir(home)
    if settings["kind"] == "script":
        _move(home)
        return {"functions": ["script"]}
    return _load(root / settings["file"])


def run(function: str, mode: str) -> dict[str, Any]:
    """Run one function of the evaluator, or the script, on the program.

    Returns:
        `returned`: what it returned, as plain data; or `raised`: the exception and where it came from. `output`: the
        end of what was printed meanwhile.
    """
    with _captured():
        reply = _script(mode) if _state["kind"] == "script" else _function(function)
    return {**reply, "output": _tail(_state["output"])}


# --- functions


def _load(path: Path) -> dict[str, Any]:
    for name in _OURS:
        sys.modules.pop(name, None)
    with _captured():
        try:
            module = _module("evaluator", path)
        except BaseException as error:  # noqa: BLE001 - it may raise whatever it likes
            return {"broken": _told(error), "output": _tail(_state["output"])}
    sys.modules["evaluation_module"] = module  # OpenEvolve's name for it
    _state["module"] = module
    names = [name for name in dir(module) if name.startswith("evaluate") and callable(getattr(module, name))]
    return {"functions": names}


def _module(name: str, path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _function(name: str) -> dict[str, Any]:
    arguments = _state["arguments"] if name == "evaluate" else {}
    try:
        returned = getattr(_state["module"], name)(str(_state["program"]), **arguments)
        if hasattr(returned, "metrics") and not isinstance(returned, dict):
            returned = {"metrics": returned.metrics, "artifacts": getattr(returned, "artifacts", None) or {}}
        return {"returned": _plain(returned)}
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - it may raise whatever it likes, SystemExit included
        return {"raised": _told(error)}


def _told(error: BaseException) -> str:
    """Return an exception in words, with the lines of the problem and of the program that led to it."""
    lines = traceback.format_exception(error)
    shown = [line for line in lines[:-1] if '"candidate.py"' not in line and "<frozen " not in line]  # not this module
    where = "".join(shown).replace(f"{_state['home']}/", "").replace(f"{_state['program'].parent}/", "")
    return f"{lines[-1].strip()[:1000]}\n{where[-1500:]}".strip()


# --- scripts


def _script(mode: str) -> dict[str, Any]:
    program = str(_state["program"])
    arguments = [mode, program] if _state["mode_first"] else [program, mode]
    name = Path(_state["file"]).name
    shell = shutil.which("bash") or "sh"
    done = subprocess.run(
        [shell, f"./{name}", *arguments], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
    )
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        return {"raised": f"{name} ended with exit status {done.returncode}\n{said[-_TAIL:]}".strip()}
    return {"returned": _plain(_json(said))}


def _json(said: str) -> dict[str, Any] | str:
    """Return the object that the output is; where something was printed before it, the last line that is one."""
    for text in (said, *reversed(said.splitlines())):
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(text)
            if isinstance(found, dict):
                return found
    return said


def _move(home: Path) -> None:
    """Let files that name the folder by where SkyDiscover's image holds it name this copy."""
    for path in home.rglob("*"):
        if path.suffix in _TEXTS and path.is_file() and not path.is_symlink():
            text = path.read_bytes().decode(errors="surrogateescape")
            moved = _THERE.sub(str(home), text)
            if moved != text:
                path.write_bytes(moved.encode(errors="surrogateescape"))


# --- surroundings


def _lay_out(root: Path, files: dict[str, Any]) -> None:
    for name, (content, executable) in files.items():
        if content is None:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(_PROBLEM / name)
        else:
            _write(root / name, content, executable=executable)


def _write(path: Path, content: bytes, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o700 if executable else 0o600)


def _furnish(private: Path, stand_ins: dict[str, str]) -> None:
    """Give the evaluator, and the processes that it starts, its modules, stand-ins for others, and a `python`."""
    for name, text in stand_ins.items():
        _write(private / "stand-ins" / name, text.encode())
    for name in ("python", "python3"):
        _write(private / "bin" / name, f'#!/bin/sh\nexec {sys.executable} "$@"\n'.encode(), executable=True)
    found = [path for path in sys.path if not Path(path, "lockdown.py").is_file()]
    added = [path for path in found if not path.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [str(_state["home"]), *found, str(private / "stand-ins")]
    sys.argv = [_state["file"]]
    os.environ["PATH"] = f"{private / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.environ["PYTHONPATH"] = os.pathsep.join([*added, str(private / "stand-ins")])
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@contextlib.contextmanager
def _captured() -> Iterator[None]:
    """Send what this process and its children print to a file."""
    kept = [os.dup(1), os.dup(2)]
    target = os.open(_state["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    streams = sys.stdout, sys.stderr
    try:
        os.dup2(target, 1)
        os.dup2(target, 2)
        sys.stdout = sys.stderr = open(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)  # noqa: SIM115
        yield
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        sys.stdout, sys.stderr = streams
        for number, old in enumerate(kept, 1):
            os.dup2(old, number)
            os.close(old)
        os.close(target)


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        return file.read().decode(errors="replace")


# --- plain data


def _plain(value: Any, depth: int = 0) -> Any:
    """Return `value` as data that can leave: what is neither a figure, text nor a container becomes text."""
    if value is None or isinstance(value, bool | float):
        return value if value is None else _number(value)
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 62 else float(value) if abs(value) < 10**300 else str(value)[:100]
    if isinstance(value, str | bytes | bytearray):
        return _short(value if isinstance(value, str) else bytes(value).decode(errors="replace"))
    if depth >= _DEPTH:
        return _short(repr(value))
    return _container(value, depth)


def _number(value: Any) -> Any:
    return bool(value) if isinstance(value, bool) else float(value)


def _container(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: bool(item[0] != _FIRST))[:_ITEMS]
        return {_short(str(key))[:200]: _plain(each, depth + 1) for key, each in items}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, depth + 1) for each in list(value)[:_ITEMS]]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), depth + 1) for field in dataclasses.fields(value)}
    return _from_arrays(value, depth)


def _from_arrays(value: Any, depth: int) -> Any:
    """Return numpy's and other libraries' scalars and arrays as Python's, and anything else as text."""
    convert: Callable[[], Any] | None = getattr(value, "tolist", None) or getattr(value, "item", None)
    if callable(convert) and getattr(value, "size", 1) <= _ITEMS:
        with contextlib.suppress(Exception):
            converted = convert()
            if type(converted) is not type(value):
                return _plain(converted, depth + 1)
    return _short(repr(value))


def _short(text: str) -> str:
    half = _TAIL // 2
    text = text if len(text) <= _TAIL else f"{text[:half]}\n[…]\n{text[-half:]}"
    return text.encode(errors="replace").decode()
