"""The names of both generations, the configuration, and what importing them does."""

import json
import logging
import os
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from arangovis.client.client import Client
from arangovis.compat import arangopipe
from arangovis.compat.arangopipe import (
    ArangoPipe,
    ArangoPipeAdmin,
    ArangoPipeConfig,
    ManagedServiceConnParam,
    arango_pipe_connections,
    close_connections,
)
from arangovis.domain import errors
from arangovis.settings import Settings
from tests.backends import STORE
from tests.unit.compat.arangopipe.worlds import PROJECT, registered, run_info

MODULES = {
    "arangopipe_storage.arangopipe_api": "ArangoPipe",
    "arangopipe_storage.arangopipe_admin_api": "ArangoPipeAdmin",
    "arangopipe_storage.arangopipe_config": "ArangoPipeConfig",
    "arangopipe_storage.managed_service_conn_parameters": "ManagedServiceConnParam",
    "arangopipe_storage.connection_manager": "arango_pipe_connections",
    "arangopipe_analytics.rf_dataset_shift_detector": "RF_DatasetShiftDetector",
    "arangopipe_analytics.dataset_shift_detector": "DatasetShiftDetector",
}
SECRET = "open sesame 4711"


def parameters(**more: Any) -> dict[str, Any]:
    names = ManagedServiceConnParam()
    return {
        names.DB_SERVICE_HOST: "arangodb.example.org",
        names.DB_SERVICE_PORT: 8529,
        names.DB_SERVICE_END_POINT: "apmdb",
        names.DB_SERVICE_NAME: "createDB",
        names.DB_CONN_PROTOCOL: "https",
        names.DB_NAME: "pipes",
        names.DB_USER_NAME: "ada",
        names.DB_PASSWORD: SECRET,
        names.DB_ROOT_USER: "root",
        names.DB_ROOT_USER_PASSWORD: SECRET,
        **more,
    }


@pytest.mark.parametrize(("module", "name"), MODULES.items())
def test_a_name_is_where_scripts_look_for_it(module: str, name: str) -> None:
    assert getattr(import_module(f"arangovis.compat.arangopipe.{module}"), name) is getattr(arangopipe, name)


def test_the_first_generation_connects_by_the_settings(by_settings: Settings) -> None:
    config = ArangoPipeConfig().create_connection_config(parameters())
    admin = ArangoPipeAdmin(reuse_connection=False, config=config, client_url="http://unused")
    ap = ArangoPipe(config=admin.get_config())
    admin.register_project({"name": PROJECT})
    assert ap.lookup_entity(PROJECT, "project") is not None
    again = ArangoPipeAdmin()
    assert again.client is ap.client
    assert again.get_config().get_cfg()["arangodb"]["dbName"] == "pipes"
    assert (by_settings.home / "arangopipe_config.json").exists()


def test_connections_are_given_together(by_settings: Settings) -> None:
    with arango_pipe_connections(parameters(), False) as (admin, ap):
        admin.register_project({"name": PROJECT})
        info = run_info(registered(_Both(admin, ap)), tag="together")
        ap.log_run(info)
    assert ap.lookup_modelparams("together") is not None
    with arango_pipe_connections(parameters()) as (_, other):
        assert other.client is ap.client


class _Both:
    """The calls of both classes."""

    def __init__(self, admin: ArangoPipeAdmin, ap: ArangoPipe) -> None:
        self._both = (ap, admin)

    def __getattr__(self, name: str) -> Any:
        return next(getattr(one, name) for one in self._both if hasattr(one, name))


@pytest.mark.skipif(STORE != "sqlite", reason="homes are embedded stores")
def test_parameters_may_name_the_service(by_settings: Settings, tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    config = ArangoPipeConfig().create_connection_config({ManagedServiceConnParam.ARANGOVIS_HOME: str(home)})
    ArangoPipe(config).register_project({"name": "there"})
    assert any(home.glob("*.db"))
    assert ArangoPipe(str(home), "enterprise_ml_graph").lookup_entity("there", "project") is not None
    assert ArangoPipe(home, "enterprise_ml_graph").client is ArangoPipe(config).client


def test_a_connection_of_another_driver_means_the_settings(by_settings: Settings) -> None:
    class StandardDatabase:
        name = "pipes"

    ap = ArangoPipe(StandardDatabase(), "my_graph")
    dataset = ap.register_dataset({"name": "diabetes"})
    assert ap.client.node(f"dataset/{dataset['_key']}").project == ap.client.lookup("project", "my_graph").id.key


@pytest.mark.parametrize("given", [(None, "graph"), (object(), None), (None, None)])
def test_a_connection_and_a_name_are_needed(given: tuple[Any, Any]) -> None:
    with pytest.raises(ValueError, match="is required"):
        ArangoPipe(*given)


def test_a_new_connection_needs_a_configuration() -> None:
    with pytest.raises(errors.InvalidInput, match="config"):
        ArangoPipeAdmin(reuse_connection=False)


# --- secrets ----------------------------------------------------------------------------------------------------


def test_no_password_is_shown_written_or_logged(
    by_settings: Settings, tmp_path: Path, caplog: Any, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    config = ArangoPipeConfig().create_connection_config(parameters())
    admin = ArangoPipeAdmin(reuse_connection=False, config=config)
    registered(_Both(admin, ArangoPipe(config=config)))
    exported = tmp_path / "exported.yaml"
    config.export_cfg(exported)
    shown = f"{config} {config.get_cfg()} {config.get_cfg()['arangodb']!s} {admin} {caplog.text} {capsys.readouterr()}"
    files = [file.read_bytes() for file in (*by_settings.home.rglob("*"), exported) if file.is_file()]
    assert SECRET not in shown
    assert all(SECRET.encode() not in data for data in files)
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert stat.S_IMODE((by_settings.home / "arangopipe_config.json").stat().st_mode) == 0o600


def test_an_exported_configuration_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "connection.yaml"
    ArangoPipeConfig().create_connection_config(parameters()).export_cfg(file)
    read = ArangoPipeConfig().create_config(file)
    assert read == {**parameters(), "password": "", "root_user_password": ""}
    assert json.loads(file.read_text())["mlgraph"] == {"graphname": "enterprise_ml_graph"}


def test_yaml_is_plain_values_only(tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    file.write_text("arangodb:\n  DB_service_host: db.example.org\n  DB_service_port: 8529\nmlgraph:\n  graphname: g\n")
    assert ArangoPipeConfig().create_config(file)["DB_service_port"] == 8529
    made = tmp_path / "made"
    file.write_text(f"arangodb: !!python/object/apply:os.mkdir ['{made}']\n")
    with pytest.raises(errors.InvalidInput, match="plain YAML"):
        ArangoPipeConfig().create_config(file)
    assert not made.exists()
    for text in ("- 1\n- 2\n", "arangodb: 7\n"):
        file.write_text(text)
        with pytest.raises(errors.InvalidInput):
            ArangoPipeConfig().create_config(file)
    with pytest.raises(errors.NotFound):
        ArangoPipeConfig().create_config(tmp_path / "none.yaml")


def test_importing_writes_nothing_and_connects_to_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, arangovis.compat.arangopipe as a; "
        "from arangovis.compat.arangopipe.arangopipe_storage import arangopipe_api; "
        "print(a.ArangoPipe.__name__, 'yaml' in sys.modules, 'sklearn' in sys.modules)"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "HOME": str(empty), "ARANGOVIS_HOME": str(empty / "home")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=empty, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["ArangoPipe", "False", "False"]
    assert list(empty.iterdir()) == []


def test_closed_connections_are_opened_again(by_settings: Settings) -> None:
    first = ArangoPipe(object(), "g").client
    close_connections()
    second = ArangoPipe(object(), "g").client
    assert second is not first
    assert isinstance(second, Client)
