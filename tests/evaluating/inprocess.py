"""A sandbox without a wall, for tests of what stands outside it; it obeys the protocol."""

import contextlib
from collections.abc import Iterator

from adrs.evaluation import CandidateFailed, Status


class InProcess:
    """Runs a program in this process: copies in, plain data out, every exception a crash."""

    name = "in-process"

    def __init__(self) -> None:
        self.opened = 0

    @contextlib.contextmanager
    def open(self, program, limits) -> Iterator["_Policy"]:
        self.opened += 1
        space: dict[str, object] = {}
        try:
            exec(compile(program.source, "candidate", "exec"), space)
        except Exception as error:
            raise CandidateFailed(Status.CRASHED, repr(error)) from error
        yield _Policy(space)

    def close(self) -> None:
        pass


class _Policy:
    def __init__(self, space) -> None:
        self._space = space
        self._held = []

    def call(self, function, *args):
        import copy

        try:
            return self._space[function](*copy.deepcopy(args))
        except Exception as error:
            raise CandidateFailed(Status.CRASHED, repr(error)) from error

    def call_many(self, function, calls):
        return [self.call(function, *call) for call in calls]
