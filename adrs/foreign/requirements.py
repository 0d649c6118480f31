"""What a foreign problem says, or shows, must be installed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_THEIRS = {"numpy", "openevolve", "skydiscover"}  # what is there anyway, or has a stand-in
_REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*")
_PIP = re.compile(r"\bpip3?\s+install\s+([^&;|\n]+)")
_USUAL = {  # by the module that is imported; what is not well known must be listed, lest a name be guessed wrongly
    "cvxpy": "cvxpy",
    "joblib": "joblib",
    "matplotlib": "matplotlib",
    "networkx": "networkx",
    "numba": "numba",
    "pandas": "pandas",
    "psutil": "psutil",
    "scipy": "scipy",
    "shapely": "shapely",
    "sklearn": "scikit-learn",
    "sympy": "sympy",
    "tqdm": "tqdm",
    "yaml": "pyyaml",
}


def packages(folder: Path, evaluator: Path) -> tuple[str, ...]:
    """Return what its requirements files and Dockerfile name, and what it plainly imports, in alphabetical order.

    Args:
        folder: The problem's folder.
        evaluator: The module or script that evaluates.
    """
    beside = evaluator.parent
    listed = [*_listed(folder, beside), *_in_dockerfile(beside)]
    imported = {module for path in (folder / "initial_program.py", *beside.glob("*.py")) for module in _imported(path)}
    wanted = [*sorted(_USUAL[module] for module in imported if module in _USUAL), *listed]
    found = {match[0].lower(): line for line in wanted if (match := _REQUIREMENT.match(line))}
    return tuple(line.replace(" ", "") for name, line in sorted(found.items()) if name not in _THEIRS)


def _listed(folder: Path, beside: Path) -> Iterator[str]:
    """Yield the lines of the requirements files, without comments and conditions."""
    for path in dict.fromkeys((folder / "requirements.txt", beside / "requirements.txt")):
        if path.is_file():
            for line in path.read_text(errors="replace").splitlines():
                yield line.partition("#")[0].partition(";")[0].strip()


def _in_dockerfile(beside: Path) -> Iterator[str]:
    """Yield the packages that a Dockerfile has `pip` install by name."""
    path = beside / "Dockerfile"
    if path.is_file():
        whole = path.read_text(errors="replace").replace("\\\n", " ")
        for command in _PIP.findall(whole):
            words = command.split()
            taken = {place + 1 for place, word in enumerate(words) if word in {"-r", "-c", "-i", "-t", "--requirement"}}
            yield from (word.strip("'\"") for place, word in enumerate(words) if place not in taken and "/" not in word)


def _imported(path: Path) -> set[str]:
    """Return the modules that a file imports at its top, come what may; none that lie beside it."""
    try:
        body = ast.parse(path.read_text(errors="replace")).body
    except (OSError, SyntaxError, ValueError):
        return set()
    names = [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in body if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    roots = {name.partition(".")[0] for name in names}
    return {root for root in roots if not (path.parent / f"{root}.py").exists() and not (path.parent / root).is_dir()}
