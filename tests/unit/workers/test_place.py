"""The place that travels to other machines, and what each of them adds to it."""

from dataclasses import fields
from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.settings import Settings, read_settings
from arangovis.workers.place import Place, place_abroad, place_of, settle

REMOTE = "arango+http://ada@db:8529/lineage"


def test_what_travels_is_where_the_stores_are_and_what_was_set(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, store=REMOTE, lease_s=7, host="10.0.0.5", port=8080, scheduler="tcp://s:8786")
    assert dict(place_abroad(settings).environment) == {
        "ARANGOVIS_STORE": REMOTE,
        "ARANGOVIS_ARTIFACTS": f"file://{tmp_path}/artifacts",
        "ARANGOVIS_LEASE_S": "7",
    }


def test_no_secret_and_no_file_travels(tmp_path: Path) -> None:
    """Whoever adds a secret to the settings keeps it out of their `repr`, and so out of what travels."""
    texts = [item.name for item in fields(Settings) if isinstance(item.default, str)]
    secrets = {name: "s3cr3t" for name in texts if _is_secret(name)}
    assert secrets
    settings = Settings(home=tmp_path, store=REMOTE, token_file=tmp_path / "s3cr3t", **secrets)
    sent = place_abroad(settings).environment
    assert "s3cr3t" not in str(sent)
    assert "s3cr3t" not in repr(place_of(settings, slots=1))


def _is_secret(name: str) -> bool:
    return any(word in name.split("_") for word in ("password", "secret", "token", "key")) and not name.endswith(
        "_file"
    )


@pytest.mark.parametrize("name", ["store", "artifacts"])
def test_a_password_in_a_url_is_refused_and_not_repeated(name: str, tmp_path: Path) -> None:
    urls = {"store": "arango+http://ada:s3cr3t@db:8529/lineage", "artifacts": "s3://ada:s3cr3t@bucket/prefix"}
    settings = Settings(home=tmp_path, **{name: urls[name]})
    with pytest.raises(InvalidInput, match="password") as refusal:
        place_abroad(settings)
    assert refusal.value.faults[0].field == name
    assert "s3cr3t" not in str(refusal.value)


def test_a_machine_adds_its_home_and_its_share_of_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 12)
    abroad = place_abroad(Settings(home=tmp_path / "there", store=REMOTE, lease_s=7), factory="toys:context")
    here = settle(abroad, {"ARANGOVIS_HOME": str(tmp_path / "here")}, slots=5)
    assert (here.factory, here.threads) == ("toys:context", 2)
    assert (here.settings.home, here.settings.store, here.settings.lease_s) == (tmp_path / "here", REMOTE, 7)
    assert here.settings.artifacts_url == f"file://{tmp_path}/there/artifacts"


def test_a_machine_has_the_last_word_on_its_settings_but_not_by_empty_ones(tmp_path: Path) -> None:
    abroad = place_abroad(Settings(home=tmp_path, compute_memory_max_mb=512, lease_s=7))
    own = {"ARANGOVIS_HOME": str(tmp_path), "ARANGOVIS_COMPUTE_MEMORY_MAX_MB": "1024", "ARANGOVIS_LEASE_S": ""}
    settings = settle(abroad, own, slots=1).settings
    assert (settings.compute_memory_max_mb, settings.lease_s) == (1024, 7)


def test_a_machine_that_is_set_wrongly_says_so(tmp_path: Path) -> None:
    abroad = place_abroad(Settings(home=tmp_path))
    with pytest.raises(InvalidInput, match="lease_s"):
        settle(abroad, {"ARANGOVIS_LEASE_S": "soon"}, slots=1)


def test_a_place_on_one_machine_has_every_setting(tmp_path: Path) -> None:
    settings = read_settings({"home": tmp_path, "scheduler": "tcp://127.0.0.1:8786"}, {})
    place = place_of(settings, slots=1)
    assert isinstance(place, Place)
    assert place.settings == settings
