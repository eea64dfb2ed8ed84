"""Which stores the API and acceptance suites run on.

`ARANGOVIS_TEST_STORE` is `sqlite` (the default), `memory` (API suite only: it lives in one process) or `arango`;
`ARANGOVIS_TEST_ARTIFACTS` is `file` (the default) or `s3`. The server behind `arango` is the protocol simulator, or
the one that `ARANGOVIS_TEST_ARANGO_URL` names; the one behind `s3` is rclone's, or the one that
`ARANGOVIS_TEST_S3_ENDPOINT` names. Each home has a database and a prefix of its own.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from arangovis.artifacts.registry import open_artifacts
from arangovis.settings import Settings
from arangovis.stores.arango.address import parse
from arangovis.stores.memory import MemoryStore
from arangovis.wiring import Arangovis, build, compose
from tests.arango_databases import PATIENCE, Server, drop, provision, running_server
from tests.arango_simulator.process import Simulator
from tests.s3_server import S3Server, running_s3

STORE = os.environ.get("ARANGOVIS_TEST_STORE", "sqlite")
ARTIFACTS = os.environ.get("ARANGOVIS_TEST_ARTIFACTS", "file")


class Backends:
    """The servers of a session, and the databases made on them."""

    def __init__(self, arango: Server | None, s3: S3Server | None) -> None:
        self._arango = arango
        self._s3 = s3
        self._bucket = "" if s3 is None else s3.new_bucket()
        self._databases: dict[Path, str] = {}

    def settings(self, home: Path) -> dict[str, str]:
        """Return the settings that name the stores of a home; its database is made when it is first asked for."""
        found: dict[str, str] = {}
        if self._arango is not None:
            found |= {"store": self._store_url(home, self._arango), "store_password": self._arango.root_password}
        if self._s3 is not None:
            found["artifacts"] = self._s3.url(self._bucket, _name_of(home))
        return found

    def set_up(self, home: Path) -> None:
        """Set up the database of a home, if it is to have one."""
        if self._arango is not None:
            self._arango.set_up(parse(self._store_url(home, self._arango), self._arango.root_password))

    @property
    def simulator(self) -> Simulator | None:
        """The simulator of ArangoDB, if that is what runs."""
        return None if self._arango is None else self._arango.simulator

    def overwrite(self, home: Path, digest: str, data: bytes) -> None:
        """Put other bytes in the place of a blob, behind the artifact store's back."""
        name = f"blobs/{digest[:2]}/{digest}"
        if self._s3 is None:
            (home / "artifacts" / name).chmod(0o600)
            (home / "artifacts" / name).write_bytes(data)
        else:
            self._s3.client.put_object(Bucket=self._bucket, Key=f"{_name_of(home)}/{name}", Body=data)

    def forget(self, folder: Path) -> None:
        """Drop the databases of the homes in a folder."""
        for home in [home for home in self._databases if home.is_relative_to(folder)]:
            url = self._databases.pop(home)
            drop(parse(url, "" if self._arango is None else self._arango.root_password))

    def _store_url(self, home: Path, server: Server) -> str:
        if home not in self._databases:
            url = server.store_url(f"arangovis_test_{_name_of(home)}")
            provision(url, password=server.root_password, root_password=server.root_password, patience=PATIENCE)
            self._databases[home] = url
        return self._databases[home]


_running: list[Backends] = []


@contextmanager
def running_backends(
    store: str = STORE, artifacts: str = ARTIFACTS, through: Callable[[str, str], str] = lambda _, url: url
) -> Iterator[Backends]:
    """Run the servers that the environment asks for, or others.

    Args:
        store: as `ARANGOVIS_TEST_STORE`.
        artifacts: as `ARANGOVIS_TEST_ARTIFACTS`.
        through: given `arango` or `s3` and the URL of that server, return the URL to reach it by.

    """
    with ExitStack() as stack:
        arango = stack.enter_context(running_server()) if store == "arango" else None
        s3 = stack.enter_context(running_s3()) if artifacts == "s3" else None
        os.environ.update({} if s3 is None else s3.environment)  # processes inherit the credentials
        _running.append(
            Backends(
                None if arango is None else replace(arango, url=through("arango", arango.url)),
                None if s3 is None else replace(s3, endpoint=through("s3", s3.endpoint)),
            )
        )
        try:
            yield _running[-1]
        finally:
            _running.pop().forget(Path("/"))


def settings_of(home: Path, **given: Any) -> Settings:
    """Return the settings of a home on the stores under test."""
    stores = _running[-1].settings(home) if _running else {}
    return Settings(home=home, **{**stores, **given})


def build_service(settings: Settings) -> Arangovis:
    """Open a service on the stores that settings of `settings_of` name."""
    if STORE == "arango" and _running:
        _running[-1].set_up(settings.home)
    if STORE != "memory":
        return build(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    return compose(settings, MemoryStore(), open_artifacts(settings.artifacts_url))


def overwrite(service: Arangovis, digest: str, data: bytes) -> None:
    """Put other bytes in the place of a stored blob, behind the artifact store's back."""
    _running[-1].overwrite(service.settings.home, digest, data)


def _name_of(home: Path) -> str:
    return sha256(str(home).encode()).hexdigest()[:24]
