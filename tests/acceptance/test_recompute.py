"""Wrong training data are replaced, and a real worker computes again what rested on them."""

import json
import os
import subprocess
import sys

import pytest
from sklearn.datasets import load_digits

import arangovis as av
from tests.acceptance.processes import ROOT, Server

pytestmark = pytest.mark.acceptance

SIGNATURE = av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 64)),))
ROWS = 100


def digits(start: int) -> dict[str, object]:
    return {
        "id": [f"digit-{number}" for number in range(start, start + ROWS)],
        "embedding": load_digits().data[start : start + ROWS] / 16,
    }


def asked(server: Server, *words: object) -> dict[str, object]:
    """Call `arangovis ask` on the server."""
    command = [sys.executable, "-m", "arangovis.cli", "ask", *map(str, words), "--url", server.url, "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARANGOVIS_")}
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment, timeout=60)
    answer: dict[str, object] = json.loads(said.stdout)
    return answer


def test_a_worker_computes_again_what_rests_on_wrong_data(server: Server) -> None:
    with av.connect(server.url, actor="ada") as client:
        client.register_project("vision")
        client.register_model("vision", "digits")
        version = client.register_model_version("vision", "digits", SIGNATURE)
        wrong = client.put_training_data(version, digits(0)).node
        client.append_production_data(version, digits(500))
        before = client.project(version, "pca")
        right = client.put_training_data(version, digits(200)).node

        dry = asked(server, "redo", wrong, "--dry-run")
        assert (dry["possible"], dry["impossible"], dry["plans"]) == (1, 0, [])
        plans = asked(server, "redo", wrong)["plans"]
        assert isinstance(plans, list)
        client.wait(plans[0], timeout_s=120)

        (plot,) = client.impact(right, kinds=["plot"]).affected
        assert plot.node != before.plot
        assert [item.node for item in client.impact(wrong, kinds=["plot"]).affected] == [before.plot]
        assert client.project(version, "pca").plot == plot.node
        chain = client.path(right, plot.node)
        assert [node.id.kind for node in chain.nodes] == ["dataset", "dataset", "run", "artifact"]

        again = client.reproduce(plot.node)
        client.wait(again.id, timeout_s=120)
        (tried,) = client.reproducibility(plot.node).reproductions
        assert tried.same, [file for file in tried.files if not file.same]
        assert client.running().work == ()
