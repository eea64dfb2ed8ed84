"""The configuration of a connection, in memory and as a file that only its owner can read.

What it says of a database's host, port and users is kept and means nothing here. The service is the one of
`arangovis_url` or `arangovis_home` in it, else of the settings (`ARANGOVIS_URL`, `ARANGOVIS_HOME`).
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arangovis.compat.arangopipe.parameters import SECRETS
from arangovis.domain.errors import Fault, InvalidInput, MissingExtra, NotFound
from arangovis.exchange.arangopipe.names import GRAPH_NAME
from arangovis.settings import read_settings

DATABASE, GRAPH, GRAPH_KEY = "arangodb", "mlgraph", "graphname"
FILE_NAME = "arangopipe_config.json"
_HIDDEN = "********"


class Section(dict[str, Any]):
    """A section of a configuration, whose representation shows no password."""

    def __repr__(self) -> str:
        return repr({name: _HIDDEN if name in SECRETS and value else value for name, value in self.items()})

    __str__ = __repr__


class ArangoPipeConfig:
    """Where to connect to, under arangopipe's names."""

    def __init__(self) -> None:
        self.cfg: dict[str, Section] | None = None

    def __repr__(self) -> str:
        return f"ArangoPipeConfig({self.cfg})"

    def create_connection_config(self, conn_params: Mapping[str, Any]) -> "ArangoPipeConfig":
        """Set the parameters, and return self."""
        self.cfg = {DATABASE: Section(conn_params), GRAPH: Section({GRAPH_KEY: GRAPH_NAME})}
        return self

    def set_dbconnection(self, **parameters: Any) -> "ArangoPipeConfig":
        """Set the parameters under the names of the first releases, and return self."""
        return self.create_connection_config(parameters)

    def get_cfg(self) -> dict[str, Section]:
        """Return the sections; if there are none, those that `dump_data` wrote, and if it never did, empty ones."""
        if self.cfg is None:
            self.cfg = self.read_data() if _own_file().exists() else _sections({})
        return self.cfg

    def set_cfg(self, cfg: Mapping[str, Any]) -> None:
        """Replace the sections."""
        self.cfg = _sections(cfg)

    def read_data(self) -> dict[str, Section]:
        """Read what `dump_data` wrote.

        Raises:
            NotFound: it never wrote anything.

        """
        self.cfg = _read(_own_file())
        return self.cfg

    def dump_data(self) -> None:
        """Write the sections without passwords to the home folder, for the next process."""
        _write(_own_file(), self.get_cfg())

    def export_cfg(self, file_path: str | Path) -> None:
        """Write the sections without passwords to a file: JSON, which is YAML too."""
        _write(Path(file_path), self.get_cfg())

    def create_config(self, file_path: str | Path) -> dict[str, Any]:
        """Return the parameters of a file that `export_cfg` wrote, as `create_connection_config` takes them.

        Raises:
            NotFound: there is no such file.
            InvalidInput: it is no configuration.

        """
        return _read(Path(file_path))[DATABASE]


def graph_name_of(cfg: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the name of the graph."""
    return str(cfg.get(GRAPH, {}).get(GRAPH_KEY) or GRAPH_NAME)


def _own_file() -> Path:
    return read_settings().home / FILE_NAME


def _sections(cfg: Mapping[str, Any]) -> dict[str, Section]:
    wrong = [name for name, section in cfg.items() if not isinstance(section, Mapping)]
    if wrong:
        raise InvalidInput.of(*(Fault(str(name)[:80], "is no section of parameters") for name in wrong))
    found = {str(name): Section(section) for name, section in cfg.items()}
    return {DATABASE: Section(), GRAPH: Section({GRAPH_KEY: GRAPH_NAME}), **found}


def _write(path: Path, cfg: Mapping[str, Section]) -> None:
    shown = {name: {key: "" if key in SECRETS else value for key, value in part.items()} for name, part in cfg.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(shown, file, indent=2, default=str)
        file.write("\n")
    part.replace(path)


def _read(path: Path) -> dict[str, Section]:
    if not path.is_file():
        raise NotFound(f"there is no configuration at {path.name}")
    text = path.read_text("utf-8")
    try:
        document = json.loads(text)
    except ValueError:
        document = _yaml(text)
    if not isinstance(document, Mapping):
        raise InvalidInput.of(Fault("file", f"{path.name} holds no sections of parameters"))
    return _sections(document)


def _yaml(text: str) -> object:
    """Read YAML that arangopipe wrote: plain values only, whatever tags stand in it."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise MissingExtra("the configuration is YAML; install pyyaml, or write it as JSON") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidInput.of(Fault("file", "is neither JSON nor plain YAML")) from error
