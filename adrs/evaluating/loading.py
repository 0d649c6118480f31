"""Importing a pack's evaluator: trusted code, and only ever in an evaluation worker."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import cast

from adrs.errors import PackError
from adrs.evaluating import Evaluator
from adrs.problem import Problem

_FUNCTIONS = ("instances", "run", "score", "feedback", "features")


def load_evaluator(problem: Problem) -> Evaluator:
    """Return the evaluator of a problem.

    The folder that holds the pack becomes a package, so that a pack may import its own modules (`from .simulator
    import …`) and those of the packs that it `uses` (`from ..smtt.reference import …`).

    Raises:
        PackError: It cannot be imported, or a function is missing.
    """
    name = f"{_package(problem.folder.parent)}.{problem.folder.name}.evaluator"
    try:
        module = importlib.import_module(name)
    except (ImportError, SyntaxError) as error:
        raise PackError(f"the evaluator of {problem.name!r} cannot be imported: {error}", _CHECK) from error
    missing = [function for function in _FUNCTIONS if not callable(getattr(module, function, None))]
    if missing:
        raise PackError(f"the evaluator of {problem.name!r} lacks {', '.join(missing)}", _CHECK)
    return cast(Evaluator, module)


_CHECK = "Mend it, then `adrs problems check`."


def _package(packs: Path) -> str:
    """Return the name of the package that stands for the folder `packs`, made on first use."""
    name = "adrs_packs_" + "".join(f"{byte:02x}" for byte in str(packs.resolve()).encode())[-40:]
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(packs.resolve())]
        sys.modules[name] = module_from_spec(spec)
    return name
