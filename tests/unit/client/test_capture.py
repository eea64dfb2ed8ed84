"""What is recorded of a process: true, without secrets, and never at the cost of the user's job."""

import importlib.metadata
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st

from arangovis.client.capture import Capture, CaptureWarning, captured, guarded, later_libraries
from arangovis.client.capture import git as git_capture
from arangovis.client.capture.captured import Captured
from arangovis.client.capture.git import code_facts
from arangovis.client.capture.libraries import library_facts
from arangovis.client.capture.options import CAPTURE_VARIABLE, NOTHING
from arangovis.client.capture.output import TAIL_BYTES_MAX, OutputTail
from arangovis.client.capture.process import message_of, process_facts
from arangovis.client.capture.secrets import MASK, is_secret_name, masked, masked_command
from arangovis.domain.errors import InvalidInput

Git = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def git(repository: Path, tmp_path: Path) -> Git:
    """Run git in a repository of its own, whatever the machine's settings are."""
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "HOME": str(tmp_path)}
    names = {f"GIT_{who}_{what}": "ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def run(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **own, **names})
        return done.stdout.strip()

    run("init", "-q", "-b", "trunk")
    return run


def commit(repository: Path, git: Git, text: str = "print(1)\n") -> str:
    (repository / "train.py").write_text(text)
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return git("rev-parse", "HEAD")


# --- code ---------------------------------------------------------------------------------------------------------


def test_a_clean_repository_is_its_commit(repository: Path, git: Git) -> None:
    made = commit(repository, git)
    assert code_facts(repository) == {"commit": made, "branch": "trunk", "dirty": False}


def test_what_is_not_committed_has_a_digest_of_its_own(repository: Path, git: Git) -> None:
    made = commit(repository, git)
    (repository / "train.py").write_text("print(2)\n")
    changed = code_facts(repository)
    assert (changed["commit"], changed["dirty"], len(str(changed["dirty_digest"]))) == (made, True, 64)

    (repository / "more.py").write_text("x = 1\n")
    added = code_facts(repository)
    (repository / "more.py").write_text("x = 2\n")
    edited = code_facts(repository)
    (repository / "more.py").unlink()

    digests = [facts["dirty_digest"] for facts in (changed, added, edited)]
    assert len(set(digests)) == 3
    assert code_facts(repository)["dirty_digest"] == digests[0]


def test_staged_changes_count_and_ignored_files_do_not(repository: Path, git: Git) -> None:
    (repository / ".gitignore").write_text("*.log\n")
    commit(repository, git)
    (repository / "run.log").write_text("noise")
    assert code_facts(repository)["dirty"] is False
    (repository / "train.py").write_text("print(3)\n")
    before = code_facts(repository)["dirty_digest"]
    git("add", "train.py")
    assert code_facts(repository)["dirty_digest"] == before


def test_a_repository_without_a_commit_is_dirty(repository: Path, git: Git) -> None:
    (repository / "train.py").write_text("print(1)\n")
    git("add", ".")
    first = code_facts(repository)
    (repository / "train.py").write_text("print(2)\n")
    assert ("commit" in first, first["dirty"]) == (False, True)
    assert code_facts(repository)["dirty_digest"] != first["dirty_digest"]


def test_the_remote_is_shown_without_its_password(repository: Path, git: Git) -> None:
    commit(repository, git)
    git("remote", "add", "origin", "https://ada:s3cret@example.org/team/model.git")
    assert code_facts(repository)["remote"] == f"https://{MASK}@example.org/team/model.git"


def test_a_name_of_a_file_may_be_anything(repository: Path, git: Git) -> None:
    commit(repository, git)
    (repository / "a b\nüber'\".py").write_text("x")
    assert len(str(code_facts(repository)["dirty_digest"])) == 64


def test_outside_a_repository_there_is_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert code_facts(tmp_path) == {}


def test_without_git_there_is_no_code(repository: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, git)
    monkeypatch.setenv("PATH", "/nowhere")
    assert code_facts(repository) == {}


def test_git_is_not_waited_for(repository: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, git)
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git_capture, "GIT_TIMEOUT_S", 0.2)
    assert code_facts(repository) == {}


# --- libraries and process ----------------------------------------------------------------------------------------


def test_libraries_go_by_the_names_they_are_installed_by() -> None:
    facts = library_facts()
    assert (facts["numpy"], facts["scikit-learn"]) == (np.__version__, sklearn.__version__)
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "sklearn" not in facts


def test_libraries_that_are_loaded_later_are_told_apart() -> None:
    early = Captured(environment={"numpy": np.__version__})
    late = later_libraries(Capture(), early)
    assert "numpy" not in late
    assert late["scikit-learn"] == importlib.metadata.version("scikit-learn")
    assert later_libraries(NOTHING, early) == {}


def test_the_process_says_where_and_how_it_runs() -> None:
    facts = process_facts()
    assert facts["pid"] == os.getpid()
    assert {"host", "command", "cpus", "machine"} <= facts.keys()


# --- secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["train.py", "--token", "abc", "--lr", "0.1"], ["train.py", "--token", MASK, "--lr", "0.1"]),
        (["--api-key=abc"], [f"--api-key={MASK}"]),
        (["--hf_token=abc", "--max_tokens=100"], [f"--hf_token={MASK}", "--max_tokens=100"]),
        (["--tokenizer", "bert", "author=ada"], ["--tokenizer", "bert", "author=ada"]),
        (["db=postgresql://ada:pw@host/db"], [f"db=postgresql://{MASK}@host/db"]),
        (["DB_PASSWORD='a b'"], [f"DB_PASSWORD={MASK}"]),
        (["--password", "--lr=1"], ["--password", "--lr=1"]),
    ],
)
def test_secrets_of_a_command_line_are_masked(command: list[str], shown: list[str]) -> None:
    assert masked_command(command) == shown


def test_a_bearer_token_is_masked() -> None:
    assert "abcdefgh1234" not in masked("401: Authorization: Bearer abcdefgh1234 was refused")


@given(st.text(max_size=300), st.sampled_from(["token", "PASSWORD", "api_key", "aws-secret"]))
def test_masking_takes_any_text_and_hides_what_a_telling_name_is_given(text: str, name: str) -> None:
    masked(text)
    assert "hunter2hunter2" not in masked(f"{text} {name}=hunter2hunter2")


def test_names_of_secrets() -> None:
    assert [is_secret_name(name) for name in ("api_key", "db_password", "tokens", "author")] == [
        True,
        True,
        False,
        False,
    ]


# --- exceptions and output ----------------------------------------------------------------------------------------


def test_an_exception_is_its_type_and_message() -> None:
    assert message_of(ValueError("no rows")) == "ValueError: no rows"
    assert message_of(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert message_of(InvalidInput("x: wrong")) == "arangovis.domain.errors.InvalidInput: x: wrong"
    assert "pw" not in message_of(OSError("cannot reach https://ada:pw@example.org"))


def test_an_exception_that_cannot_be_printed_is_its_type() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert message_of(Odd()).endswith("Odd")


def test_what_is_printed_is_kept_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tail = OutputTail()
    tail.start()
    print("one")
    print("two", file=sys.stderr)
    kept = tail.stop()
    print("three")
    printed = capsys.readouterr()
    assert (kept, printed.out, printed.err) == (b"one\ntwo\n", "one\nthree\n", "two\n")


def test_of_much_output_the_last_is_kept() -> None:
    tail = OutputTail()
    tail.start()
    for number in range(20_000):
        print(f"line {number}")
    kept = tail.stop()
    assert len(kept) <= TAIL_BYTES_MAX
    assert kept.endswith(b"line 19999\n")


# --- switches and the fence ---------------------------------------------------------------------------------------


def test_each_part_has_a_switch() -> None:
    assert captured(NOTHING).document() == {}
    assert captured(Capture(code=False, libraries=False)).document().keys() == {"process"}


def test_a_variable_switches_all_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CAPTURE_VARIABLE, "off")
    assert Capture.of(None) == NOTHING
    assert Capture.of(True) == Capture()
    monkeypatch.delenv(CAPTURE_VARIABLE)
    assert Capture.of(None) == Capture()
    with pytest.raises(InvalidInput, match="capture"):
        Capture.of("yes")  # type: ignore[arg-type]


def test_what_fails_is_a_warning() -> None:
    with pytest.warns(CaptureWarning, match="the weather could not be recorded: ZeroDivisionError"):
        assert guarded("the weather", lambda: 1 // 0, 7) == 7


def test_what_fails_ends_nothing_even_where_warnings_are_errors(caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert guarded("the weather", lambda: 1 // 0, 7) == 7
    assert "the weather" in caplog.text


def test_a_part_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: 1 // 0)
    with pytest.warns(CaptureWarning, match="the process"):
        seen = captured(Capture(code=False))
    assert seen.process == {}
    assert "numpy" in seen.environment
