"""A child process in a group of its own, which dies with its parent and can be killed as a whole."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies, even by kill -9. Does nothing off Linux."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before the kernel was asked


def start_module(arguments: Sequence[str], environment: Mapping[str, str], *, threads: int) -> subprocess.Popen[bytes]:
    """Start `python -m ARGUMENTS` in a process group of its own, with pipes for input and output."""
    limits = dict.fromkeys(THREAD_LIMITS, str(threads))
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**limits, **os.environ, **environment},
        bufsize=0,  # a selector must not miss a line that a buffer already holds
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything it started, and collect it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it is gone or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0
