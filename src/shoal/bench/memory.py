"""Memory of a process and all it started, as the proportional set size: shared pages are counted once."""

from pathlib import Path

from shoal.bench.process import family


def measurable() -> bool:
    """Whether this system tells the proportional set size (Linux does)."""
    return Path("/proc/self/smaps_rollup").exists()


def family_megabytes(root: int) -> float:
    """MB (10^6 bytes) of `root`, its descendants and its session."""
    return sum(map(_bytes, family(root))) / 1e6


def _bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it ended while we looked, or is a zombie, which has no memory
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
