"""mlcroissant accepts our descriptions and reads the rows that they describe.

It brings 370 MB, so it is not installed for the tests: ARANGOVIS_TEST_CROISSANT_PYTHON names a Python that has it.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import arangovis as av

READ = """
import sys
import mlcroissant

found = mlcroissant.Dataset(jsonld=sys.argv[1])
print(len(list(found.records("records"))) if found.metadata.record_sets else "accepted")
"""


@pytest.fixture
def python() -> str:
    given = os.environ.get("ARANGOVIS_TEST_CROISSANT_PYTHON")
    if not given:
        pytest.skip("no Python with mlcroissant is named by ARANGOVIS_TEST_CROISSANT_PYTHON")
    return given


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def read(python: str, home: Path, text: str) -> str:
    """Put a description beside the files of rows, where it says that they are, and read it."""
    place = home / "artifacts" / "described.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")
    answer = subprocess.run([python, "-c", READ, str(place)], capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr[-2000:]
    return answer.stdout.strip()


@pytest.mark.slow
def test_mlcroissant_reads_a_table_and_a_stream(python: str, home: Path) -> None:
    digits = load_digits()
    with av.connect(home=home) as client:
        client.register_project("digits")
        client.register_model("digits", "embedder")
        outputs = (av.signature_field("embedding", "float32", shape=(1, 64)), av.signature_field("class", "int64"))
        version = client.register_model_version("digits", "embedder", av.Signature(outputs=outputs))
        halves = [{"embedding": digits.data[n::2].astype(np.float32), "class": digits.target[n::2]} for n in (0, 1)]
        first, _ = (client.append_production_data(version, half) for half in halves)
        table = client.put_training_data(version, halves[0]).node
        assert read(python, home, client.export(first.node, "croissant").text) == "1797"
        assert read(python, home, client.export(table, "croissant").text) == "899"


@pytest.mark.slow
def test_mlcroissant_accepts_data_that_is_elsewhere(python: str, home: Path) -> None:
    with av.connect(home=home) as client:
        client.register_project("elsewhere")
        columns = {'a "hostile" [name]\n': "float64", "plain": "text"}
        bare = client.register_dataset("elsewhere", "bare", columns=columns)
        assert read(python, home, client.export(bare, "croissant").text) == "accepted"
        place = {"url": "https://data.example/wine.csv", "digest": "ab" * 32}
        described = client.register_dataset("elsewhere", "described", version="1.2.0", **place)
        assert read(python, home, client.export(described, "croissant").text) == "accepted"
