"""A problem: what to improve, loaded from a pack (a folder with `problem.toml`), or from a foreign folder."""

import ast
import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from adrs import foreign
from adrs.errors import PackError
from adrs.evaluation import Evaluation
from adrs.packs import find
from adrs.program import Program, tree_of

Split = Literal["train", "validation", "test"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Objective(_Table):
    """One figure that programs are compared by. The first one declared leads; the others are reported."""

    name: str
    description: str
    direction: Literal["min", "max"]
    unit: str
    low: float
    high: float
    bound: float | None = None
    """A requirement: at most this (`min`) or at least this (`max`). A program that misses it ranks behind
    every program that meets it (Deb 2000, An efficient constraint handling method for genetic algorithms)."""

    @model_validator(mode="after")
    def _ordered(self) -> "Objective":
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self

    def excess(self, value: float) -> float:
        """Return how far `value` is beyond the bound, in the objective's unit; 0 if within, or if unbounded."""
        if self.bound is None:
            return 0.0
        return max(0.0, value - self.bound if self.direction == "min" else self.bound - value)

    def cost(self, value: float) -> float:
        """Return `value` such that less is better."""
        return value if self.direction == "min" else -value


class Limits(_Table):
    """What one evaluation may use before the sandbox stops it."""

    seconds: Annotated[float, Field(gt=0)] = 30.0
    """Wall time of the whole evaluation."""
    call_seconds: Annotated[float, Field(gt=0)] = 5.0
    """Wall time of one call."""
    cpu_seconds: Annotated[float, Field(gt=0)] = 60.0
    """CPU time of the candidate's process."""
    memory_mb: Annotated[int, Field(ge=64)] = 1024
    """Address space beyond what the runner itself uses, in MiB."""
    answer_mb: Annotated[int, Field(ge=1)] = 64
    """The largest answer to one call, in MiB."""
    source_kb: Annotated[int, Field(ge=1)] = 64
    """The longest program, in KiB."""


class Stage(_Table):
    """One step of an evaluation; a program that fails it goes no further."""

    name: str
    split: Split
    instances: Annotated[int, Field(ge=1)] | None = None
    """How many of the split's instances, from its beginning; all if absent."""


class Clock(_Table):
    """How speed is measured, for a problem that scores it; see docs/clocks.md."""

    reference: str
    """A baseline that runs beside every program, on the same arguments."""
    figures: Annotated[tuple[str, ...], Field(min_length=1)]
    """Per-instance figures that hold measured times, and so differ from run to run."""
    repeats: Annotated[int, Field(ge=3)] = 5
    """Pairs of runs in a race."""
    noise: Annotated[float, Field(gt=0)] = 0.25
    """Interquartile range of the reference's own times over their median; above it a race is run once more."""


class Feature(_Table):
    """A descriptor that quality-diversity searches spread programs over."""

    name: str
    description: str
    low: float
    high: float
    bins: Annotated[int, Field(ge=2)] = 8

    @model_validator(mode="after")
    def _ordered(self) -> "Feature":
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self


class Source(_Table):
    """Where a problem or a figure comes from."""

    title: str
    link: str


def _pinned(package: str) -> str:
    if package != "numpy" and not re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+", package):
        raise ValueError(f"{package!r} is not pinned; write NAME==VERSION")
    return package


class PackFile(_Table):
    """The content of `problem.toml`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    functions: tuple[str, ...]
    """Functions that a program must define at its top level; none are known of a self-scored problem."""
    self_scored: bool = False
    """Whether programs are scored by an evaluator that they share a process with; no pack can ask for it."""
    deterministic: bool = True
    """Whether the same program must get the same results every time; if so, repeats are compared."""
    uses: tuple[str, ...] = ()
    """Sibling packs whose code this one imports; their files enter the pack's hash."""
    packages: tuple[Annotated[str, AfterValidator(_pinned)], ...] = ()
    """Third-party packages that a program may import: `numpy`, which is always there, and pinned ones such as
    `networkx==3.4.2`, which the Docker image gets and the local wall expects to be installed."""
    modules: tuple[str, ...] = ()
    """Modules of the pinned packages that a program may import, and no other; their names if absent."""
    references: tuple[str, ...] = ()
    """Baselines shown beside the best program at the end of a campaign, most important last."""
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    limits: Limits = Limits()
    clock: Clock | None = None
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    features: tuple[Feature, ...] = ()
    sources: tuple[Source, ...] = ()
    campaign: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Settings of campaigns on this problem where the user gives none; see `adrs config show`."""

    @model_validator(mode="after")
    def _callable(self) -> "PackFile":
        if not self.functions and not self.self_scored:
            raise ValueError("functions: name at least one")
        return self


@dataclass(frozen=True)
class Problem:
    """What to improve. Immutable; the evaluator behind it is loaded by the evaluation worker only.

    Attributes:
        folder: The pack's folder.
        pack: The content of its `problem.toml`.
        statement: What a model is told, in Markdown.
        seed: The program that a campaign starts from.
    """

    folder: Path
    pack: PackFile
    statement: str
    seed: Program

    @property
    def name(self) -> str:
        return self.pack.name

    @property
    def objective(self) -> Objective:
        """The objective that leads."""
        return self.pack.objectives[0]

    @property
    def judged(self) -> Split:
        """The split whose scores decide which program is the best one: a self-scored problem has one split only."""
        return "train" if self.pack.self_scored else "validation"

    @property
    def label(self) -> str:
        """What stands beside every score of a program that could have written it itself; empty for a pack."""
        return "self-scored" if self.pack.self_scored else ""

    @cached_property
    def hash(self) -> str:
        """SHA-256 over every file of the pack and of the packs that it uses; pinned by each campaign."""
        digest = hashlib.sha256()
        for root in (self.folder, *(self.folder.parent / name for name in self.pack.uses)):
            for path in foreign.files(root) if self.pack.self_scored else sorted(root.rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    digest.update(f"{root.name}/{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def programs(self, kind: Literal["baselines", "cheats"]) -> Mapping[str, Program]:
        """Return the pack's programs of one kind by name, in alphabetical order."""
        return {path.stem: Program(path.read_text()) for path in sorted((self.folder / kind).glob("*.py"))}

    def complaint(self, program: Program) -> str | None:
        """Return what keeps `program` from being run at all, in words that can be shown to a model; None if nothing."""
        limit = self.pack.limits.source_kb * 1024
        if len(program.source.encode(errors="surrogatepass")) > limit:
            return f"the program is longer than {limit} bytes"
        try:
            tree = tree_of(program.source)
        except SyntaxError as error:
            return f"the program does not parse: line {error.lineno or 1}: {error.msg}"
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        missing = [name for name in self.pack.functions if name not in defined]
        return f"the program does not define {', '.join(missing)} at its top level" if missing else None

    def rank(self, evaluation: Evaluation) -> tuple[float, float]:
        """Return a key by which less is better: bounds missed first, then the leading objective.

        Raises:
            ValueError: The evaluation is not valid; a failure has no rank.
        """
        if not evaluation.valid:
            raise ValueError(f"a {evaluation.status} evaluation has no rank")
        excess = sum(objective.excess(evaluation.scores[objective.name]) for objective in self.pack.objectives)
        return excess, self.objective.cost(evaluation.scores[self.objective.name])


def load(reference: str) -> Problem:
    """Return the problem that `reference` names.

    Looked for in this order: a path to a pack or to a foreign folder, `./evaluators/NAME`, the entry points
    `adrs.problems`, and the packs that are shipped with adrs.

    Raises:
        UnknownProblem: Nothing of this name or path is a pack.
        PackError: The pack does not keep the format.
    """
    return open_pack(find(reference))


def open_pack(path: Path) -> Problem:
    """Return the problem in the pack or foreign folder `path`.

    Raises:
        PackError: A file is missing or does not keep the format.
    """
    if foreign.is_foreign(path):
        return _open_foreign(path)
    pack = _parse(path / "problem.toml")
    if pack.self_scored:
        raise PackError(f"{str(path / 'problem.toml')!r} says self_scored", "Remove it: a pack's evaluator is outside.")
    missing = [name for name in ("statement.md", "seed.py", "evaluator.py") if not (path / name).is_file()]
    if missing:
        raise PackError(
            f"the pack {str(path)!r} lacks {', '.join(missing)}", "See `adrs problems new NAME` for a complete one."
        )
    if pack.clock is not None and not (path / "baselines" / f"{pack.clock.reference}.py").is_file():
        raise PackError(
            f"the clock of {str(path)!r} names the reference {pack.clock.reference!r}, which is no file in baselines/",
            "Name a baseline.",
        )
    statement, seed = (path / "statement.md").read_text(), Program((path / "seed.py").read_text())
    return _paired(Problem(path.resolve(), pack, statement, seed))


def _open_foreign(path: Path) -> Problem:
    found = foreign.read(path)
    return _paired(Problem(path.resolve(), PackFile.model_validate(found.pack), found.statement, Program(found.seed)))


def _paired(problem: Problem) -> Problem:
    """Return the problem.

    Raises:
        PackError: The markers in its seed are not paired.
    """
    try:
        _ = problem.seed.frozen
    except ValueError as error:
        raise PackError(f"the seed of {problem.name!r}: {error}", "Pair the markers, or leave them out.") from None
    return problem


def _parse(path: Path) -> PackFile:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text())
        return PackFile.model_validate(content)
    except FileNotFoundError:
        raise PackError(f"{str(path)!r} is missing", "A pack is a folder with a problem.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{str(path)!r} is not TOML: {error}", "Mend the line that it names.") from None
    except ValidationError as error:
        raise PackError(f"{str(path)!r}: {explain(error)}", "`adrs problems check` repeats this test.") from None


def explain(error: ValidationError) -> str:
    """Return a validation error in one line."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg'].lower()}" for e in error.errors())
