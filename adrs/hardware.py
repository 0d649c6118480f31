"""What machine this is: times that were measured on another one do not compare."""

import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

_MODEL = ("model name", "Model", "cpu model", "uarch", "cpu")  # what /proc/cpuinfo calls it differs by architecture
_CONTAINERS = ("docker", "kubepods", "containerd", "lxc", "libpod")


@dataclass(frozen=True)
class Hardware:
    """What decides how fast a program runs. Text that cannot be read is empty, a number None.

    Attributes:
        cpu: Model of the processor.
        cores: How many of the machine's cores this process may use.
        cores_total: How many there are.
        governor: How the kernel chooses the clock's frequency; `performance` gives the steadiest times.
        max_mhz: The highest frequency.
        memory_gib: Main memory, rounded.
        kernel: Release of the operating system.
        inside: `virtual machine`, `container`, or both, where there are signs of one.
    """

    cpu: str
    cores: int
    cores_total: int
    governor: str
    max_mhz: float | None
    memory_gib: int | None
    kernel: str
    inside: str

    def changes(self, now: "Hardware") -> list[str]:
        """Return what is different `now`, as `cores 8 → 4`."""
        pairs = [(field.name, getattr(self, field.name), getattr(now, field.name)) for field in fields(self)]
        return [f"{name} {before!r} → {after!r}" for name, before, after in pairs if before != after]


def read_hardware(root: Path = Path("/")) -> Hardware:
    """Return the hardware of this machine.

    Args:
        root: Where `proc` and `sys` are.
    """
    cpuinfo = _text(root / "proc/cpuinfo")
    frequency = root / "sys/devices/system/cpu/cpu0/cpufreq"
    highest = _number(_text(frequency / "cpuinfo_max_freq"))
    memory = _number(_text(root / "proc/meminfo"), r"^MemTotal:\s+(\d+) kB")
    return Hardware(
        cpu=_model(cpuinfo) or platform.processor() or platform.machine(),
        cores=available_cores(),
        cores_total=os.cpu_count() or 1,
        governor=_text(frequency / "scaling_governor").strip(),
        max_mhz=None if highest is None else highest / 1000,
        memory_gib=None if memory is None else round(memory / 2**20),
        kernel=f"{platform.system()} {platform.release()}",
        inside=", ".join(_inside(root, cpuinfo)),
    )


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _model(cpuinfo: str) -> str:
    told = dict(re.findall(r"^([^\t:\n]+?)\s*: (.+)$", cpuinfo, re.MULTILINE))
    return next((told[name].strip() for name in _MODEL if name in told), "")


def _inside(root: Path, cpuinfo: str) -> Iterable[str]:
    if re.search(r"^flags\s*:.*\bhypervisor\b", cpuinfo, re.MULTILINE) or (root / "sys/hypervisor/type").exists():
        yield "virtual machine"
    marked = any((root / name).exists() for name in (".dockerenv", "run/.containerenv"))
    if marked or any(word in _text(root / "proc/1/cgroup") for word in _CONTAINERS):
        yield "container"


def _number(text: str, pattern: str = r"^(\d+)") -> float | None:
    found = re.search(pattern, text, re.MULTILINE)
    return float(found[1]) if found else None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
