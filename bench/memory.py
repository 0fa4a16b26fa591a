"""The peak memory and the CPU time of a process."""

from __future__ import annotations

import re
import resource
from pathlib import Path


def peak_mib() -> float:
    """Return this process's peak of resident memory in MiB.

    It is the kernel's figure for its present program: `ru_maxrss` begins with the size of what started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kibibytes,) = re.findall(r"VmHWM:\s*(\d+) kB", status)
    return int(kibibytes) / 1024


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its threads, of the program and of the kernel for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
