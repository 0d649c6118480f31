"""Running the command line as a user does."""

import os
import subprocess
import sys
from pathlib import Path

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ADRS_") and "API_KEY" not in name}


def adrs(*arguments, cwd, check=None, env=None, seconds=90, script=None):
    """Run `adrs` (or a script that does) and return the finished process; assert its exit code if `check` is given."""
    command = _command(arguments, script)
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=seconds, env=_environment(env), check=False
    )
    if check is not None:
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def start(*arguments, cwd, env=None, script=None):
    """Start `adrs`, or a script that runs it, and return the running process."""
    command = _command(arguments, script)
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=_environment(env),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _command(arguments, script):
    return [sys.executable, *(["-m", "adrs"] if script is None else [str(script)]), *map(str, arguments)]


def _environment(extra):
    return {**CLEAN, "PYTHONPATH": str(Path.cwd()), **(extra or {})}
