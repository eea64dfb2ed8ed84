"""The compose file and the Kubernetes manifests: checked as far as that goes without a container engine.

`tests/acceptance/test_compose.py` starts what the compose file says as processes.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for

from arangovis.cli.init import ROOT_PASSWORD_FILE_VARIABLE, ROOT_PASSWORD_VARIABLE
from arangovis.settings import Settings
from tests.acceptance.processes import free_port, until
from tests.deployment import COMPOSE, ROOT, SERVICES, USER, parse_command

OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("arangovis:")}
KUBERNETES = ROOT / "deploy" / "kubernetes"
SECRET_WORD = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY|AUTH_KEY")
FILLED_IN = re.compile(r"\$\{([A-Z0-9_]+):\?[^}]+\}")


# --- compose ------------------------------------------------------------------------------------------------------


def test_the_compose_file_fits_the_specification() -> None:
    schema = get_builtin_schema("vendor.compose-spec")
    assert [error.message for error in validator_for(schema)(schema).iter_errors(COMPOSE)] == []


def test_the_services() -> None:
    assert SERVICES.keys() == {"arangodb", "s3", "init", "api", "worker", "test"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["test"]["profiles"] == ["test"]
    assert [name for name, service in SERVICES.items() if service.get("profiles")] == ["test"]


def test_images_have_tags() -> None:
    assert SERVICES["arangodb"]["image"] == "arangodb:3.12"
    assert all(re.search(r":[0-9][\w.]*$", service["image"]) for service in SERVICES.values())


def has_health_check(name: str) -> bool:
    check = SERVICES[name].get("healthcheck")
    return not check.get("disable") if check is not None else name in OURS  # the image has one


def test_what_waits_waits_for_what_can_come_true() -> None:
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            assert name in SERVICES
            if wanted["condition"] == "service_healthy":
                assert has_health_check(name), name
            else:
                assert wanted["condition"] == "service_completed_successfully"
                assert name == "init"


def test_api_and_workers_wait_for_the_set_up() -> None:
    for name in ("api", "worker"):
        assert SERVICES[name]["depends_on"]["init"] == {"condition": "service_completed_successfully"}
    assert SERVICES["init"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("arangodb", "s3")}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_watched_restarted_and_limited(name: str) -> None:
    service = SERVICES[name]
    ends = name in ("init", "test")
    assert has_health_check(name) is not ends
    assert service["restart"] == ({"init": "on-failure:3", "test": "no"}[name] if ends else "unless-stopped")
    assert {"cpus", "memory"} == service["deploy"]["resources"]["limits"].keys()


def test_volumes_and_secrets_are_declared_and_used() -> None:
    mounted = {str(volume).partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert {name for name in mounted if not name.startswith("/")} == COMPOSE["volumes"].keys()
    assert {name for service in SERVICES.values() for name in secrets_of(service)} == COMPOSE["secrets"].keys()


def secrets_of(service: Mapping[str, Any]) -> set[str]:
    return {secret if isinstance(secret, str) else secret["source"] for secret in service.get("secrets", ())}


def test_secrets_belong_to_the_user_of_the_image() -> None:
    given = [secret for service in [*OURS.values(), SERVICES["test"]] for secret in service["secrets"]]
    assert given
    assert all((secret["uid"], secret["gid"], secret["mode"]) == (str(USER), str(USER), 0o400) for secret in given)


def test_secrets_can_be_copied_into_their_containers() -> None:
    """Compose refuses those of the environment in a container with a read-only root."""
    assert not [name for name, service in SERVICES.items() if secrets_of(service) and service.get("read_only")]


def test_a_secret_file_is_where_the_setting_says() -> None:
    for service in SERVICES.values():
        files = [value for value in service["environment"].values() if str(value).startswith("/run/secrets/")]
        assert {Path(file).name for file in files} == secrets_of(service)


def test_no_password_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if SECRET_WORD.search(name) and not name.endswith("_FILE"):
                assert FILLED_IN.sub("", value).strip('",') == "", name
    assert all(set(secret) == {"environment"} for secret in COMPOSE["secrets"].values())


def test_only_the_api_is_published_and_only_here() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api": ["${API_ADDRESS:-127.0.0.1}:${API_PORT:-5000}:5000"]}


def test_our_containers_may_do_little() -> None:
    for service in OURS.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["init"] is True


def test_the_memory_of_a_worker_holds_its_computation() -> None:
    megabytes = int(SERVICES["worker"]["environment"]["ARANGOVIS_COMPUTE_MEMORY_MAX_MB"])
    assert SERVICES["worker"]["deploy"]["resources"]["limits"]["memory"] == f"{megabytes // 1024 + 1}g"


def environment_file(tmp_path: Path) -> Mapping[str, str]:
    """Return what `deploy/compose-env.sh` writes."""
    file = tmp_path / ".env"
    script = ["sh", str(ROOT / "deploy" / "compose-env.sh"), str(file)]
    subprocess.run(script, check=True, capture_output=True)
    assert file.stat().st_mode & 0o777 == 0o600
    again = subprocess.run(script, check=False, capture_output=True)
    assert again.returncode != 0, "a file that is there must be kept"
    return dict(line.split("=", 1) for line in file.read_text("utf-8").splitlines())


def test_the_passwords_that_are_made_are_those_that_are_wanted(tmp_path: Path) -> None:
    made = environment_file(tmp_path)
    wanted = set(FILLED_IN.findall((ROOT / "docker-compose.yml").read_text("utf-8")))
    assert made.keys() == wanted | {secret["environment"] for secret in COMPOSE["secrets"].values()}
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in made.values())
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_the_s3_server_takes_the_keys_and_its_health_check_sees_it(tmp_path: Path) -> None:
    made, port = environment_file(tmp_path), free_port()
    service = SERVICES["s3"]
    filled = {name: FILLED_IN.sub(lambda m: made[m[1]], value) for name, value in service["environment"].items()}
    filled["RCLONE_S3_ENDPOINT"] = f"http://127.0.0.1:{port}"
    environment = os.environ | filled | {"RCLONE_CONFIG": str(tmp_path / "rclone.conf")}
    rclone = str(Path(sys.executable).parent / "rclone")
    words = {":8080": f"127.0.0.1:{port}", "/data": str(tmp_path)}
    command = [rclone, *(words.get(word, word) for word in service["command"])]
    check = [rclone, *service["healthcheck"]["test"][2:]]

    def is_healthy(**changed: str) -> bool:
        return subprocess.run(check, env=environment | changed, capture_output=True, check=False).returncode == 0

    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(is_healthy, within_s=20, what="health")
        assert not is_healthy(RCLONE_S3_SECRET_ACCESS_KEY="0" * 48)
    finally:
        server.kill()
        server.wait()


# --- what both speak of -------------------------------------------------------------------------------------------


def manifests() -> list[Any]:
    return [one for file in sorted(KUBERNETES.glob("*.yaml")) for one in yaml.safe_load_all(file.read_text("utf-8"))]


def containers() -> list[Any]:
    pods = [one["spec"]["template"]["spec"] for one in manifests() if one["kind"] in ("Deployment", "Job")]
    return [container for pod in pods for container in pod["containers"]]


def commands() -> Iterator[Sequence[str]]:
    yield from (service["command"] for service in OURS.values())
    yield from (container["args"] for container in containers())
    checks = [service["healthcheck"].get("test", ()) for service in OURS.values() if "healthcheck" in service]
    probes = [container["readinessProbe"] for container in containers() if "readinessProbe" in container]
    execs = [probe["exec"]["command"] for probe in probes if "exec" in probe]
    yield from (words[words.index("arangovis") + 1 :] for words in [*checks, *execs] if "arangovis" in words)


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_a_command_is_one_of_ours(arguments: Sequence[str]) -> None:
    parse_command(arguments)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bARANGOVIS_[A-Z0-9_]+", text))


def test_every_setting_named_is_one() -> None:
    files = [ROOT / "Dockerfile", ROOT / "docker-compose.yml", *KUBERNETES.glob("*.yaml")]
    named = {name for file in files for name in names_in(file.read_text("utf-8"))}
    known = {f"ARANGOVIS_{field.name.upper()}" for field in fields(Settings)}
    known |= {ROOT_PASSWORD_VARIABLE, ROOT_PASSWORD_FILE_VARIABLE}
    assert {name for name in named if not name.startswith("ARANGOVIS_TEST_")} <= known


def test_every_variable_for_tests_is_read_by_them() -> None:
    own = Path(__file__)
    read = {
        name for file in (ROOT / "tests").rglob("*.py") if file != own for name in names_in(file.read_text("utf-8"))
    }
    assert {name for name in SERVICES["test"]["environment"] if name.startswith("ARANGOVIS_TEST_")} <= read


# --- Kubernetes ---------------------------------------------------------------------------------------------------


def test_the_manifests_are_listed_and_named_once() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    files = {file.name for file in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
    assert set(listed["resources"]) == files
    named = [(one["kind"], one["metadata"]["name"]) for one in manifests() if "metadata" in one]
    assert len(named) == len(set(named))
    assert {kind for kind, _ in named} == {"Namespace", "ConfigMap", "Secret", "Job", "Deployment", "Service"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kubectl_puts_them_together() -> None:
    built = subprocess.run(["kubectl", "kustomize", str(KUBERNETES)], capture_output=True, text=True, check=True)
    made = list(yaml.safe_load_all(built.stdout))
    assert sorted(one["kind"] for one in made) == [
        "ConfigMap",
        "Deployment",
        "Deployment",
        "Job",
        "Namespace",
        "Service",
    ]
    assert all(one["metadata"].get("namespace") == "arangovis" for one in made if one["kind"] != "Namespace")
    assert built.stdout.count("image: arangovis:0.1.0") == 3


def test_labels_meet() -> None:
    pods = {}
    for one in manifests():
        if one["kind"] in ("Deployment", "Job"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            pods[labels["app.kubernetes.io/component"]] = labels
            assert one["spec"].get("selector", {"matchLabels": labels})["matchLabels"] == labels
    assert pods.keys() == {"init", "api", "worker"}
    (service,) = (one for one in manifests() if one["kind"] == "Service")
    assert service["spec"]["selector"] == pods["api"]


def test_what_a_pod_refers_to_is_there() -> None:
    keys = {one["metadata"]["name"]: set(one["stringData"]) for one in manifests() if one["kind"] == "Secret"}
    maps = {one["metadata"]["name"] for one in manifests() if one["kind"] == "ConfigMap"}
    for one in manifests():
        if one["kind"] not in ("Deployment", "Job"):
            continue
        pod = one["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        for volume in (volume["secret"] for volume in pod["volumes"] if "secret" in volume):
            assert {item["key"] for item in volume["items"]} <= keys[volume["secretName"]]
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes
            assert {source["configMapRef"]["name"] for source in container["envFrom"]} <= maps
            for wanted in (one["valueFrom"]["secretKeyRef"] for one in container["env"] if "valueFrom" in one):
                assert wanted["key"] in keys[wanted["name"]]


def test_the_form_for_secrets_is_empty() -> None:
    values = [value for one in manifests() if one["kind"] == "Secret" for value in one["stringData"].values()]
    assert values
    assert set(values) == {""}


def test_pods_may_do_little() -> None:
    for one in manifests():
        if one["kind"] in ("Deployment", "Job"):
            pod = one["spec"]["template"]["spec"]
            assert pod["automountServiceAccountToken"] is False
            assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, USER)
    for container in containers():
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["resources"]["limits"].keys() == {"memory"}


def test_the_probes_of_the_api_ask_what_needs_no_token() -> None:
    (api,) = (container for container in containers() if container["name"] == "api")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert api[probe]["httpGet"] == {"path": "/health", "port": "http"}
    assert api["ports"] == [{"name": "http", "containerPort": Settings().port}]
