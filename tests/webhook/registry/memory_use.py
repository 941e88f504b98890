"""The growth of this process's peak memory (Linux, proc(5))."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_RESET_PEAK = "5"


@contextmanager
def growth_mib() -> Iterator[Callable[[], float]]:
    """Within, the function given tells the peak since the start, in MiB above what was in use."""
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    before = _field("VmRSS")
    yield lambda: (_field("VmHWM") - before) / 1024


def _field(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
