"""The demo as a stranger meets it: told once, told again, interrupted, and with a wrong answer."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import arangovis as av
from tests.acceptance.processes import ROOT, assert_no_orphans, end_all, free_port, until

pytestmark = pytest.mark.acceptance

DEMO = (sys.executable, "-m", "arangovis.cli", "demo")
PAGE = ROOT / "api" / "arangovis_api" / "static" / "index.html"
TOLD = (
    "What happens",
    "(model version id 1)",
    "(model version id 2)",
    "grace changes n_neighbours from 15 to 40",
    "Where the plot of version 1 comes from",
    "Who set its parameters",
    "What was checked over HTTP",
    "an equal request is answered from the graph",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder in which the demo was told once, and succeeded."""
    folder = tmp_path_factory.mktemp("clone")
    said = tell(folder)
    assert said.returncode == 0, said.stdout + said.stderr
    for text in TOLD:
        assert text in said.stdout
    assert said.stderr == ""
    assert "INFO" not in said.stdout
    assert_no_orphans(folder / ".demo")
    yield folder
    end_all(folder / ".demo")


@pytest.fixture(autouse=True, scope="module")
def built_page() -> Iterator[None]:
    """Put a page there if none was built, since the demo looks for it."""
    if PAGE.is_file():
        yield
        return
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("<html><script src='assets/none.js'></script></html>")
    yield
    PAGE.unlink()


def environment(**changes: str) -> dict[str, str]:
    """Return an environment whose own settings would lead the demo astray."""
    astray = {"ARANGOVIS_STORE": "sqlite:////nowhere/graph.db", "ARANGOVIS_HOME": "/nowhere", "URL_PREFIX": "/old"}
    return {**os.environ, "PYTHONPATH": str(ROOT), **astray, "ARANGOVIS_PORT": str(free_port()), **changes}


def tell(folder: Path) -> subprocess.CompletedProcess[str]:
    """Tell the demo once, as `DEMO_ONCE=1 make demo` does."""
    return subprocess.run(
        DEMO, cwd=folder, env=environment(DEMO_ONCE="1"), capture_output=True, text=True, check=False, timeout=240
    )


@contextmanager
def staying_up(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the demo until it stays up."""
    with subprocess.Popen(
        (*DEMO, "--port", str(free_port())),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = ""
            while "Ctrl-C" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            yield process
        finally:
            process.kill()


def nodes(folder: Path) -> list[tuple[str, int]]:
    """Return every run, artifact and model version with the number of its versions."""
    with av.connect(home=folder / ".demo") as client:
        found = [*client.runs(limit=1000).items, *client.artifacts(limit=1000).items]
        return [(str(node.id), node.version.number) for node in found]


def test_telling_it_again_makes_nothing_twice(folder: Path) -> None:
    before = nodes(folder)
    said = tell(folder)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "told here before" in said.stdout
    assert nodes(folder) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_it_ends_cleanly_when_it_is_asked_to(folder: Path, number: signal.Signals) -> None:
    with staying_up(folder) as process:
        process.send_signal(number)
        rest = process.communicate(timeout=60)[0]
        assert process.returncode == 0
        assert rest.strip() == "Ended."
    assert_no_orphans(folder / ".demo")


def test_its_service_dies_with_it(folder: Path) -> None:
    with staying_up(folder) as process:
        process.kill()
        process.wait(20)
    until(lambda: no_service(folder), within_s=20, what="the end of the service")


def no_service(folder: Path) -> bool:
    try:
        assert_no_orphans(folder / ".demo")
    except AssertionError:
        return False
    return True


def test_a_port_in_use_is_said_in_a_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = (*DEMO, "--port", str(port), "--once")
        said = subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=60
        )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"arangovis: port: 127.0.0.1:{port} cannot be listened on")
    assert said.stderr.endswith("; choose another with --port\n")
    assert not (tmp_path / ".demo").exists()


def test_a_wrong_answer_fails_it(folder: Path) -> None:
    """Runs last: it changes the history that the demo checks."""
    with av.connect(home=folder / ".demo", actor="mallory") as mallory:
        mallory.set_params(1, parameters={"n_neighbours": 50})
    said = tell(folder)
    assert said.returncode == 1
    assert "a wrong answer: " in said.stderr
    assert "(50, 'mallory')" in said.stderr or "an equal request" in said.stderr
    assert "Traceback" not in said.stdout + said.stderr
