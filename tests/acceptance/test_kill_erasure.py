"""kill -9 of an erasure at random points: what was begun is gone on with, and nobody is left."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import orjson
import pytest
from sklearn.datasets import load_digits

from arangovis.services.verification import check_store
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.wiring import Arangovis
from tests.acceptance.processes import environment_of
from tests.api.erasing.test_erasing import ADA, FIELDS, OWNERS
from tests.api.erasing.traces import traces
from tests.backends import build_service, settings_of

pytestmark = pytest.mark.acceptance

KILLS = 4
SEGMENTS, ROWS = 40, 20


def erase(home: Path, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "arangovis.cli", "erase", *words, "--json"]
    return subprocess.Popen(command, env=environment_of(home), stdout=subprocess.PIPE, start_new_session=True)


def filled(service: Arangovis) -> None:
    """Store digits in many segments; each tenth is of the same owner."""
    from arangovis.domain.catalogue import Signature

    catalogue, found = service.catalogue, load_digits()
    catalogue.register_project("demo", ADA)
    catalogue.register_model("demo", "digits", ADA)
    signature = Signature.of({"inputs": [], "outputs": FIELDS})
    version = catalogue.version(catalogue.register_version("demo", "digits", signature, ADA).number)
    for start in range(0, SEGMENTS * ROWS, ROWS):
        some = range(start, start + ROWS)
        columns = {
            "_id": [f"row-{number}" for number in some],
            "subject": [OWNERS[number % 10] for number in some],
            "class": [str(found.target[number]) for number in some],
            "embedding": found.data[start : start + ROWS].astype(np.float32),
        }
        service.datasets.append_production(version, read_rows(to_arrow(columns), MEDIA_TYPE), ADA)


def test_an_erasure_that_is_killed_is_gone_on_with(home: Path) -> None:
    service = build_service(settings_of(home))
    filled(service)
    service.close()
    chance, killed = random.Random(20261121), 0
    for owner in OWNERS[:KILLS]:
        with erase(home, "--column", f"subject={owner}", "--yes") as running:
            time.sleep(chance.uniform(0.8, 3.0))
            running.send_signal(signal.SIGKILL)
            killed += running.wait() == -signal.SIGKILL
        service = build_service(settings_of(home))
        codes = {problem.code for problem in check_store(service.store, service.artifacts)}
        service.close()
        assert codes <= {"unfinished-erasure"}
    with erase(home, "--resume") as resumed:
        said, _ = resumed.communicate(timeout=60)
    assert resumed.returncode == 0
    assert isinstance(orjson.loads(said), list)
    service = build_service(settings_of(home))
    try:
        assert check_store(service.store, service.artifacts) == []
        begun = len(service.operations.erasures.ledger())  # one that was killed before it began erased nobody
        assert sum(not traces(service, [owner]) for owner in OWNERS[:KILLS]) == begun
    finally:
        service.close()
    assert killed
