"""The package as it is imported: public names, and what works without the extras."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

import arangovis as av

ROOT = Path(__file__).parents[2]
EXTRAS = ("fastumap", "gunicorn", "networkx", "numba", "openTSNE", "pynndescent", "scipy", "sklearn", "umap")

BARE = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import numpy as np
import arangovis as av
from arangovis.domain import errors

with av.connect(home=sys.argv[1], actor="ada") as client:
    client.register_project("p")
    client.register_model("p", "m")
    signature = av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 8)),))
    version = client.register_model_version("p", "m", signature)
    rows = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    data = client.append_production_data(version, {{"embedding": rows}})
    run = client.log_run(av.LoggedRun(method="t", project="p", inputs=(av.Input(data.node, "rows"),)))
    print([str(visit.node.id) for visit in client.lineage(run).visits] == [str(run), str(data.node)])
    print(client.runs("method = 't'").items[0].id == run)
    print(client.project(version, "pca").coordinates.shape)
    for attempt in range(2):
        try:
            client.project(version)
        except errors.MissingExtra as error:
            print(error.detail.partition(": ")[2])
    print(client.backend.api().send("GET", "/health").status)
"""
SAID = """True
True
(30, 2)
umap-learn is not installed; install arangovis[projections]
umap-learn is not installed; install arangovis[projections]
200
"""


@pytest.mark.parametrize("name", av.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(av, name) is not None
    assert name in dir(av)


def test_the_declared_names_are_the_public_ones() -> None:
    assert set(av.__all__) == av._HOMES.keys() | {"__version__"}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = av.nothing


def test_a_bare_install_logs_and_asks_and_names_the_extra_that_is_missing(tmp_path: Path) -> None:
    script = BARE.format(blocked=EXTRAS)
    answer = _run([sys.executable, "-W", "error", "-c", script, str(tmp_path / "home")])
    assert answer.stdout == SAID, answer.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("serve",), "gunicorn is not installed; install arangovis[server]"),
        (("demo",), "the demo needs more than a bare install: install arangovis[projections,server]"),
    ],
)
def test_a_command_names_the_extra_that_is_missing(tmp_path: Path, arguments: tuple[str, ...], error: str) -> None:
    block = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r})); from arangovis.cli import main; main()"
    answer = _run([sys.executable, "-c", block, *arguments, "--home", str(tmp_path)], check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"arangovis: {error}\n")


@pytest.mark.slow
def test_a_real_bare_install_works(tmp_path: Path) -> None:
    """Install without extras into a fresh environment, and do there what needs none."""
    venv.create(tmp_path / "bare", with_pip=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)])
    script = BARE.format(blocked=())
    answer = _run([python, "-c", script, str(tmp_path / "home")], cwd=tmp_path)
    assert answer.stdout == SAID, answer.stderr
    helped = _run([str(tmp_path / "bare" / "bin" / "arangovis"), "--help"], cwd=tmp_path)
    assert "lineage" in helped.stdout


def _run(command: list[str], *, check: bool = True, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert not check or answer.returncode == 0, answer.stderr
    return answer
