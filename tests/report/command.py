"""Running a reading command in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from adrs.cli import cli
from adrs.errors import AdrsError


@dataclass(frozen=True)
class Ran:
    """What a command printed, and the exit code that it ends with."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Return the one object on stdout."""
        assert self.code == 0, self.err
        value: dict[str, Any] = json.loads(self.out, parse_constant=_refuse)
        assert value.pop("schema") == 1
        return value


def adrs(*arguments: str, runs: Path | None = None) -> Ran:
    """Run `adrs ARGUMENTS`, with a folder of runs if given."""
    where = ["--runs", str(runs)] if runs is not None else []
    result = CliRunner().invoke(cli, [*arguments, *where])
    if isinstance(result.exception, AdrsError):
        error = result.exception
        return Ran(error.exit_code, result.stdout, f"{result.stderr}{error}\n{error.todo}")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
