"""Erasing over REST, with the SDK, and on the command line."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

import arangovis as av
from arangovis.cli import group
from arangovis.domain.errors import InvalidInput

EMBEDDING = {"name": "embedding", "shape": [1, 2], "dtype": "float32", "profile": "NONE"}
ROWS = b"_id,subject,embedding_0,embedding_1\nr1,ada,1,2\nr2,bob,3,4\nr3,ada,5,6\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with av.connect(home=tmp_path) as client:
        client._backend.api().send("POST", "/api/v1/projects", body=b'{"name": "demo"}', headers=_JSON)
        model = orjson.dumps({"project": "demo", "name": "digits"})
        client._backend.api().send("POST", "/api/v1/models", body=model, headers=_JSON)
        version = {"project": "demo", "model": "digits", "signature": {"inputs": [], "outputs": [EMBEDDING]}}
        made = client._backend.api().send("POST", "/api/v1/model-versions", body=orjson.dumps(version), headers=_JSON)
        assert made.status == 201, made.body
        path = "/api/v1/model-versions/1/production-data"
        sent = client._backend.api().send("POST", path, body=ROWS, headers={"Content-Type": "text/csv"})
        assert sent.status in (200, 201), sent.body
    return tmp_path


_JSON = {"Content-Type": "application/json"}


def test_the_client_counts_then_erases_then_lists(home: Path) -> None:
    with av.connect(home=home) as client:
        counted = client.erase("subject", "ada")
        assert (counted.dry_run, counted.rows, counted.key) == (True, 2, None)
        assert client.erasures() == []
        done = client.erase("subject", "ada", dry_run=False)
        assert (done.dry_run, done.rows, done.datasets) == (False, 2, counted.datasets)
        (entry,) = client.erasures()
        assert (entry.key, entry.state, entry.column) == (done.key, "done", "subject")
        assert client.resume_erasures() == []
        assert [again.rows for again in client.replay_erasures()] == [0]
        only = client.erase("subject", "bob", datasets=[done.datasets[0].node])
        assert only.rows == 1


def test_what_is_wrong_is_named_and_the_value_is_not(home: Path) -> None:
    with av.connect(home=home) as client:
        with pytest.raises(InvalidInput, match="column"):
            client.erase("", "ada")
        with pytest.raises(InvalidInput) as caught:
            client.erase("subject", "x" * 1001)
        assert "x" * 100 not in str(caught.value)


def test_the_command_counts_without_yes(home: Path) -> None:
    def said(*words: str) -> object:
        done = CliRunner().invoke(group, ["erase", *words, "--home", str(home), "--json"], input="ada\n")
        assert done.exit_code == 0, done.output
        return orjson.loads(done.output[done.output.index("{" if "--list" not in words else "[") :])

    assert said("--column", "subject=ada")["rows"] == 2  # type: ignore[index, call-overload]
    assert said("--column", "subject", "--yes")["rows"] == 2  # type: ignore[index, call-overload]
    assert len(said("--list")) == 1  # type: ignore[arg-type]


def test_the_command_wants_one_wish(home: Path) -> None:
    done = CliRunner().invoke(group, ["erase", "--home", str(home)])
    assert done.exit_code == 2
    assert "give one of" in done.output
