"""`arangovis export`, and the calls of the SDK behind it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from prov.model import ProvDocument

import arangovis as av
from arangovis.cli import group
from arangovis.domain.errors import InvalidInput, NotSupported
from tests.unit.exchange.events import RUN, dataset, run_event


@pytest.fixture
def home(tmp_path: Path) -> str:
    home = str(tmp_path / "home")
    with av.connect(home=home) as client:
        client.register_project("rides")
        events = [run_event("COMPLETE", inputs=[dataset("raw")], outputs=[dataset()])]
        assert client.send_openlineage(events, project="rides").status == "success"
    return home


def run(*arguments: str, code: int = 0) -> str:
    answer = CliRunner().invoke(group, ["export", *arguments])
    assert answer.exit_code == code, answer.output
    return answer.output


def test_lineage_is_written_down(home: str) -> None:
    document = ProvDocument.deserialize(content=run(f"run/{RUN}", "--format", "prov-n", "--home", home), format="provn")
    assert f"run/{RUN}" in {record.identifier.localpart for record in document.get_records() if record.is_element()}


def test_lineage_is_written_to_a_file(home: str, tmp_path: Path) -> None:
    place = tmp_path / "lineage.mmd"
    asked = (f"run/{RUN}", "--format", "mermaid", "--direction", "both", "--home", home, "--output", str(place))
    told = json.loads(run(*asked, "--json"))
    assert (told["format"], told["partial_reasons"], told["output"]) == ("mermaid", [], str(place))
    assert place.read_text("utf-8").startswith("flowchart LR\n")


def test_what_is_cut_is_said(home: str) -> None:
    said = run(f"run/{RUN}", "--format", "dot", "--depth", "0", "--home", home)
    assert "There is more: cut by depth." in said


def test_the_sdk_answers_text_and_its_type(home: str) -> None:
    with av.connect(home=home) as client:
        found = client.export(f"run/{RUN}", "node-link", direction="both", limit=2)
        assert (found.media_type, found.partial_reasons) == ("application/node-link+json", ("limit",))
        assert len(json.loads(found.text)["nodes"]) == 2
        with pytest.raises(NotSupported):
            client.export(f"run/{RUN}", "croissant")
        with pytest.raises(InvalidInput):
            client.send_openlineage([{"at": object()}])
