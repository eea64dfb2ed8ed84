"""What docker-compose.yml starts, started as processes: its commands and environments, with the simulator for ArangoDB.

Only what containers add is replaced: names of hosts, folders of secrets and data, and the port that is listened on.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.processes import DEADLINE_S, ROOT, Answer, ask, free_port, register, until
from tests.arango_simulator.__main__ import free_port as simulator_port

pytestmark = pytest.mark.acceptance

SERVICES: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
SECRETS = {
    "arango_root_password": "ARANGO_ROOT_PASSWORD",
    "arango_password": "ARANGO_PASSWORD",
    "api_token": "API_TOKEN",
}
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Stack:
    """Where the containers' things are here."""

    folder: Path
    passwords: Mapping[str, str]
    ports: Mapping[str, int]

    def here(self, text: str) -> str:
        """Return a text of the compose file with what containers add replaced."""
        for name, value in self.passwords.items():
            text = text.replace(f"${{{name}:?run deploy/compose-env.sh first}}", value)
        for host, port in (("arangodb:8529", "arangodb"), ("s3:8080", "s3"), ("127.0.0.1:8080", "s3")):
            text = text.replace(host, f"127.0.0.1:{self.ports[port]}")
        text = text.replace("/run/secrets", str(self.folder / "secrets"))
        return text.replace("/data", str(self.folder / "data")) if text == "/data" else text

    def environment(self, service: str, home: str = "home") -> dict[str, str]:
        """Return a service's environment and nothing of ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARANGOVIS_", "AWS_"))}
        given = {name: self.here(str(value)) for name, value in SERVICES[service]["environment"].items()}
        image = {"ARANGOVIS_HOME": str(self.folder / home), "ARANGOVIS_PORT": str(self.ports["api"])}
        return {**kept, "PYTHONPATH": str(ROOT), "RCLONE_CONFIG": str(self.folder / "rclone.conf"), **given, **image}

    def once(self, service: str, words: Sequence[str], home: str = "home") -> subprocess.CompletedProcess[str]:
        """Run a command in a service's environment."""
        command = [str(BIN / words[0]), *words[1:]]
        return subprocess.run(
            command, env=self.environment(service, home), capture_output=True, text=True, check=False, timeout=60
        )

    @contextmanager
    def running(self, service: str, words: Sequence[str], home: str = "home") -> Iterator["subprocess.Popen[bytes]"]:
        """Run a service until it is done with; it must end well."""
        command = [str(BIN / words[0]), *words[1:]]
        process = subprocess.Popen(command, env=self.environment(service, home), start_new_session=True)
        try:
            yield process
            process.terminate()
            process.wait(20)
        finally:
            process.kill()
            process.wait()

    # what `processes.register` asks of a server

    def get(self, path: str) -> Answer:
        return ask(f"http://127.0.0.1:{self.ports['api']}{path}", **self.token)

    def post(self, path: str, body: object) -> Answer:
        return ask(f"http://127.0.0.1:{self.ports['api']}{path}", body, **self.token)

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.passwords['API_TOKEN']}"}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Make the passwords and start the two servers that are not ours."""
    subprocess.run(
        ["sh", str(ROOT / "deploy" / "compose-env.sh"), str(tmp_path / ".env")], check=True, capture_output=True
    )
    passwords = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text("utf-8").splitlines())
    (tmp_path / "secrets").mkdir()
    (tmp_path / "data").mkdir()
    for file, name in SECRETS.items():
        (tmp_path / "secrets" / file).write_text(passwords[name])
        (tmp_path / "secrets" / file).chmod(0o400)
    made = Stack(tmp_path, passwords, {"arangodb": simulator_port(), "s3": free_port(), "api": free_port()})
    port_file = tmp_path / "arangodb-port"
    simulator = ["python", "-m", "tests.arango_simulator", "--port", str(made.ports["arangodb"])]
    simulator += ["--root-password", passwords["ARANGO_ROOT_PASSWORD"], "--port-file", str(port_file)]
    s3 = ["rclone", *(made.here(word).replace(":8080", f":{made.ports['s3']}") for word in SERVICES["s3"]["command"])]
    check = SERVICES["s3"]["healthcheck"]["test"][1:]
    with ExitStack() as servers:
        servers.enter_context(made.running("arangodb", simulator))
        servers.enter_context(made.running("s3", s3))
        until(port_file.exists, what="the simulator")
        until(lambda: made.once("s3", check).returncode == 0, what="the S3 server")
        yield made


def answers(stack: Stack, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "the API ended"
    try:
        return stack.get("/health").status == 200
    except OSError:
        return False


def test_the_services_do_the_main_job_together(stack: Stack) -> None:
    init = ["arangovis", *SERVICES["init"]["command"]]
    for again in range(2):
        done = stack.once("init", init)
        assert done.returncode == 0, (again, done.stderr)
    with ExitStack() as services:
        api = services.enter_context(stack.running("api", ["arangovis", *SERVICES["api"]["command"]]))
        for number in range(SERVICES["worker"]["deploy"]["replicas"]):
            words = ["arangovis", *SERVICES["worker"]["command"]]
            services.enter_context(stack.running("worker", words, home=f"worker-{number}"))
        until(lambda: answers(stack, api), what="/health")
        assert ask(f"http://127.0.0.1:{stack.ports['api']}/api/v1/runs").status == 401
        number = register(stack)  # type: ignore[arg-type]  # it asks for `post` alone
        asked = stack.post("/visualization/plottable_embeddings/umap", {"model_version_id": number})
        assert asked.status == 202, asked
        task = asked.body["task_id"]
        until(lambda: state_of(stack, task) == "SUCCESS", within_s=2 * DEADLINE_S, what="the projection")
        checked = stack.once("worker", SERVICES["worker"]["healthcheck"]["test"][1:], home="worker-0")
        assert checked.returncode == 0, checked.stdout
    assert list((stack.folder / "data" / "arangovis").rglob("blobs/*/*")), "the artifacts are not on S3"
    assert not list(stack.folder.rglob("graph.db")), "something was kept in a home"


def state_of(stack: Stack, task: str) -> str:
    state = str(stack.get(f"/api/v1/nodes/run/{task}").body["attributes"]["state"])
    assert state in ("PENDING", "STARTED", "SUCCESS"), state
    return state
