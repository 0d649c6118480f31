"""The minimal total tardiness by brute force over subsets (Held and Karp), for at most a dozen jobs."""

from collections.abc import Sequence

from hypothesis import strategies as st


def subset_dp(p: Sequence[int], d: Sequence[int], start: int = 0) -> int:
    """Return the minimal total tardiness of jobs processed from time `start`."""
    best, ends = [0], [start]
    for chosen in range(1, 1 << len(p)):
        first = chosen & -chosen
        ends.append(ends[chosen ^ first] + p[first.bit_length() - 1])
        last = (job for job in range(len(p)) if chosen >> job & 1)
        best.append(min(best[chosen ^ 1 << job] + max(0, ends[chosen] - d[job]) for job in last))
    return best[-1]


@st.composite
def small_instances(draw: st.DrawFn, most_jobs: int = 8) -> tuple[list[int], list[int]]:
    """Draw processing times and due dates with many ties, zeros, equal times or huge values among them."""
    longest = draw(st.sampled_from([1, 2, 4, 20, 100, 10**15]))
    p = draw(st.lists(st.integers(1, longest), min_size=1, max_size=most_jobs))
    latest = draw(st.sampled_from([0, longest, sum(p) // 2, sum(p)]))
    d = draw(st.lists(st.integers(0, latest), min_size=len(p), max_size=len(p)))
    return p, d
