"""Which code runs, as git knows it. Git is asked as a process of its own, for a bounded time."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from arangovis.client.capture.secrets import masked
from arangovis.domain.json import Scalar

GIT_TIMEOUT_S = 4.0
"""For each question."""
DIFF_BYTES_MAX = 64 << 20
"""So much of what is not committed is looked at."""
UNTRACKED_MAX = 1000
_CHUNK = 1 << 16
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What git calls a folder without files: the base while there is no commit."""
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")


def code_facts(folder: Path | None = None) -> Mapping[str, Scalar]:
    """Return commit, branch, remote, and of uncommitted changes `dirty` and their digest; empty outside a repository.

    `dirty_digest` is SHA-256 over the differences to the commit and over the files that git does not know and does
    not ignore: equal digests mean equal code. `dirty_cut` says that there was more than is looked at.
    """
    place = folder or script_folder()
    status = _text(place, "status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z")
    if status is None:
        return _commit_only(place)
    lines = status.split("\0")
    facts: dict[str, Scalar] = {
        "commit": _header(lines, "# branch.oid "),
        "branch": _header(lines, "# branch.head "),
        "remote": _remote(place),
    }
    changed = [line for line in lines if line and not line.startswith("#")]
    facts["dirty"] = bool(changed)
    if changed:
        untracked = sorted(line[2:] for line in changed if line.startswith("? "))
        facts |= _dirty_facts(place, "HEAD" if facts["commit"] else _EMPTY_TREE, untracked)
    return {name: value for name, value in facts.items() if value is not None}


def _commit_only(place: Path) -> Mapping[str, Scalar]:
    """Return the commit where git cannot look at all the files in time; empty where there is no repository."""
    commit = _text(place, "rev-parse", "HEAD")
    return {} if commit is None else {"commit": commit.strip(), "dirty_cut": True}


def script_folder() -> Path:
    """Return the folder of the script that runs, or of the process."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(script).absolute().parent if script else Path.cwd()


def _header(lines: list[str], start: str) -> str | None:
    found = next((line.removeprefix(start) for line in lines if line.startswith(start)), None)
    return None if found in (None, "(initial)", "(detached)") else found


def _remote(place: Path) -> str | None:
    found = _text(place, "config", "--get", "remote.origin.url")
    return masked(found.strip()) if found and found.strip() else None


def _dirty_facts(place: Path, base: str, untracked: list[str]) -> dict[str, Scalar]:
    digest = hashlib.sha256()
    left = _hash_diff(place, base, digest.update)
    root = Path((_text(place, "rev-parse", "--show-toplevel") or str(place)).strip())
    for name in untracked[:UNTRACKED_MAX]:
        digest.update(f"\0{name}\0".encode("utf-8", "surrogateescape"))
        left = _hash_file(root / name, left, digest.update)
    is_cut = left <= 0 or len(untracked) > UNTRACKED_MAX
    return {"dirty_digest": digest.hexdigest(), **({"dirty_cut": True} if is_cut else {})}


def _hash_diff(place: Path, base: str, update: Callable[[bytes], object]) -> int:
    """Take the differences to the commit into the digest, and return how many bytes may follow."""
    left = DIFF_BYTES_MAX
    with _running(place, "diff", base, "--binary", "--no-ext-diff", "--no-textconv", "--no-color") as output:
        while left > 0 and (chunk := output.read(_CHUNK)):
            update(chunk)
            left -= len(chunk)
    return left


def _hash_file(path: Path, left: int, update: Callable[[bytes], object]) -> int:
    if path.is_symlink() or not path.is_file():
        return left
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(_CHUNK)):
            update(chunk)
            left -= len(chunk)
    return left


def _text(place: Path, *arguments: str) -> str | None:
    """Return what git answers; None if it is not there, refuses, or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            _command(place, arguments),
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            env=_environment(),
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else None


@contextmanager
def _running(place: Path, *arguments: str) -> Iterator[IO[bytes]]:
    """Give the output of git as it comes; it is killed at the end of its time."""
    with subprocess.Popen(  # noqa: S603 - a fixed program with fixed arguments
        _command(place, arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=_environment(),
    ) as process:
        alarm = threading.Timer(GIT_TIMEOUT_S, process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            yield cast("IO[bytes]", process.stdout)
        finally:
            alarm.cancel()
            process.kill()


def _command(place: Path, arguments: tuple[str, ...]) -> list[str]:
    return ["git", "-C", str(place), *_SAFE, *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
