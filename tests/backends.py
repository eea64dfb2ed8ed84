"""Which stores the API and acceptance suites run on.

`ARANGOVIS_TEST_STORE` is `sqlite` (the default), `memory` (API suite only: it lives in one process) or `arango`;
`ARANGOVIS_TEST_ARTIFACTS` is `file` (the default) or `s3`. The server behind `arango` is the protocol simulator, or
the one that `ARANGOVIS_TEST_ARANGO_URL` names; the one behind `s3` is rclone's. Each home has a database and a
prefix of its own.
"""

import os
from pathlib import Path
from typing import Any

from arangovis.artifacts.registry import open_artifacts
from arangovis.settings import Settings
from arangovis.stores.memory import MemoryStore
from arangovis.wiring import Arangovis, build, compose

STORE = os.environ.get("ARANGOVIS_TEST_STORE", "sqlite")
ARTIFACTS = os.environ.get("ARANGOVIS_TEST_ARTIFACTS", "file")


def settings_of(home: Path, **given: Any) -> Settings:
    """Return the settings of a home on the stores under test."""
    return Settings(home=home, **given)


def build_service(settings: Settings) -> Arangovis:
    """Open a service on the stores that settings of `settings_of` name."""
    if STORE != "memory":
        return build(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    return compose(settings, MemoryStore(), open_artifacts(settings.artifacts_url))
