"""A child process in a group of its own, which dies with its parent and can be killed as a whole."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PARENT = "ARANGOVIS_PARENT"
"""The environment variable in which a child finds the id of the process that started it."""
THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
"""What the libraries that compute read: BLAS, Arrow and openTSNE, numba, and those written in Rust."""
_PR_SET_PDEATHSIG = 1
_RESET_PEAK = "5"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies, even by kill -9. Does nothing off Linux.

    The kernel means the thread that started this process, so it must be one that lives as long as its process.
    """
    if sys.platform != "linux":
        return
    parent = os.environ.pop(PARENT, None) or str(os.getppid())
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if str(os.getppid()) != parent:
        os._exit(1)  # it died before the kernel was asked


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these changes, for a child that dies with it."""
    return {**os.environ, **environment, PARENT: str(os.getpid())}


def start_module(arguments: Sequence[str], environment: Mapping[str, str], *, threads: int) -> subprocess.Popen[bytes]:
    """Start `python -m ARGUMENTS` in a process group of its own, with pipes for input and output."""
    limits = dict.fromkeys(THREAD_LIMITS, str(threads))
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**limits, **child_environment(environment)},
        bufsize=0,  # whoever waits for output must not miss a line that a buffer already holds
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything it started, and collect it."""
    signal_group(process, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and everything it started, without waiting for what comes of it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it is gone or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0


class PeakMemory:
    """The most memory that this process held since this was made, counted by the kernel; none off Linux."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")

    def mib(self) -> int | None:
        """Return it in MiB, rounded up, or None if the system does not tell."""
        try:
            lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
            return next(-(-int(line.split()[1]) // 1024) for line in lines if line.startswith("VmHWM:"))
        except (OSError, ValueError, IndexError, StopIteration):
            return None
