import os
from dataclasses import asdict, replace
from pathlib import Path

from adrs.config import Written
from adrs.hardware import Hardware, read_hardware

X86 = "processor\t: 0\nmodel name\t: AMD EPYC 9654 96-Core Processor\nflags\t\t: fpu vme hypervisor lahf_lm\n"
ARM = "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\n\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"


def tree(root: Path, **files: str) -> Path:
    """Write files by path, with `/` as `__`."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_this_machine_is_read() -> None:
    here = read_hardware()
    assert here.cpu
    assert 1 <= here.cores <= here.cores_total == os.cpu_count()
    assert here.memory_gib is None or here.memory_gib >= 1
    assert here.kernel.endswith(os.uname().release)
    assert here == read_hardware()


def test_what_the_kernel_says_is_taken(tmp_path: Path) -> None:
    cpufreq = "sys__devices__system__cpu__cpu0__cpufreq"
    root = tree(
        tmp_path,
        proc__cpuinfo=X86,
        proc__meminfo="MemTotal:       65842812 kB\nMemFree: 1 kB\n",
        proc__1__cgroup="0::/kubepods/burstable/pod1\n",
        **{f"{cpufreq}__scaling_governor": "performance\n", f"{cpufreq}__cpuinfo_max_freq": "3707812\n"},
    )
    read = read_hardware(root)
    assert read.cpu == "AMD EPYC 9654 96-Core Processor"
    assert (read.governor, read.max_mhz, read.memory_gib) == ("performance", 3707.812, 63)
    assert read.inside == "virtual machine, container"


def test_an_arm_board_has_a_name(tmp_path: Path) -> None:
    assert read_hardware(tree(tmp_path, proc__cpuinfo=ARM)).cpu == "Raspberry Pi 5 Model B Rev 1.0"


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    read = read_hardware(tmp_path)
    assert read.cpu
    assert (read.governor, read.max_mhz, read.memory_gib, read.inside) == ("", None, None, "")


def test_changes_are_named() -> None:
    here = Hardware("EPYC", 8, 8, "performance", None, 16, "Linux 6", "")
    assert here.changes(here) == []
    assert here.changes(replace(here, cores=4, max_mhz=3000.0)) == ["cores 8 → 4", "max_mhz None → 3000.0"]


def test_hardware_is_written_and_read_again() -> None:
    here = read_hardware()
    facts = {"adrs": "1", "python": "3", "platform": "x", "packages": {}, "problem_hash": "h", "sandbox": "local"}
    assert Written.model_validate(facts).hardware is None
    written = Written.model_validate({**facts, "hardware": asdict(here)})
    assert Written.model_validate(written.model_dump(mode="json")).hardware == here
