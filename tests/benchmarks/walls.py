"""What a wall costs, beside a fresh interpreter: `python tests/benchmarks/walls.py [local|docker]`; medians."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from adrs.problem import Limits
from adrs.program import Program
from adrs.sandbox.choice import choose, open_sandbox

ECHO = Program("def echo(x):\n    return x\n")


def median(action: Callable[[], object], times: int) -> float:
    """Return the median duration of `action` in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Measure one wall and print a table."""
    wall = choose("docker" if sys.argv[1:] == ["docker"] else "local")
    sandbox, limits = open_sandbox(wall), Limits()

    def visit() -> None:
        with sandbox.open(ECHO, limits) as policy:
            policy.call("echo", 1)

    visit()
    rows = {"load a program, one call, close": median(visit, 200)}
    with sandbox.open(ECHO, limits) as policy:
        megabyte = np.zeros(1 << 17)
        rows["one small call"] = median(lambda: policy.call("echo", 1), 3000)
        rows["a call of 1,000 small ones in one frame, each"] = (
            median(lambda: policy.call_many("echo", [[1]] * 1000), 50) / 1000
        )
        rows["a call with 1 MB in and out"] = median(lambda: policy.call("echo", megabyte), 200)
    sandbox.close()
    fresh = median(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True), 10)
    for what, seconds in rows.items():
        print(f"{what:50} {1e6 * seconds:10.1f} us   1/{fresh / seconds:.0f} of a fresh `python -c 'import numpy'`")
    print(f"{'fresh python with numpy':50} {1e6 * fresh:10.1f} us")


if __name__ == "__main__":
    main()
