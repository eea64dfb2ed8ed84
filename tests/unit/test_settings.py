"""Settings: where they come from, and what they may be."""

from dataclasses import fields
from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.settings import CONFIG_NAME, PREFIX, RANGES, Settings, check_bind, is_loopback, read_settings


def write(home: Path, text: str) -> None:
    (home / CONFIG_NAME).write_text(text)


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, "port = 1\nlease_s = 2\ncompute_idle_s = 3\n")
    environment = {"ARANGOVIS_HOME": str(tmp_path), "ARANGOVIS_PORT": "11", "ARANGOVIS_LEASE_S": "12"}
    settings = read_settings({"port": 21, "host": None}, environment)
    assert (settings.port, settings.lease_s, settings.compute_idle_s) == (21, 12, 3)
    assert (settings.host, settings.home) == ("127.0.0.1", tmp_path)


def test_the_home_of_a_flag_is_where_the_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, 'host = "::1"\n')
    assert read_settings({"home": str(tmp_path)}, {"ARANGOVIS_HOME": "/nowhere"}).host == "::1"


def test_defaults_are_filled_in() -> None:
    settings = read_settings(environ={})
    assert settings.home == Path("~/.arangovis").expanduser()
    assert settings.store_url == f"sqlite:///{settings.home}/graph.db"
    assert settings.artifacts_url == (settings.home / "artifacts").as_uri()
    assert settings.token() is None


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({"home": "here"}, {}).home == tmp_path / "here"


def test_the_old_services_prefix_is_read() -> None:
    assert read_settings(environ={"URL_PREFIX": "/vis"}).url_prefix == "/vis"
    assert read_settings(environ={"URL_PREFIX": "/vis", "ARANGOVIS_URL_PREFIX": "/own"}).url_prefix == "/own"


def test_a_child_reads_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, store="sqlite:///x", token_file=tmp_path / "t", port=7, legacy_unknown_task=True, lease_s=4
    )
    assert read_settings(environ=settings.environment()) == settings
    assert set(settings.environment()) == {PREFIX + field.name.upper() for field in fields(Settings)}
    assert PREFIX + "TOKEN_FILE" not in Settings(home=tmp_path).environment()


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    assert read_settings(environ={"ARANGOVIS_HOME": str(tmp_path), "ARANGOVIS_PORT": ""}).port == 5000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('port = "many"', "port: 'many' is not an integer"),
        ("port = 5.5", "port: '5.5' is not an integer"),
        ("port = 0", "port: 0 is not between 1 and 65535"),
        ("lease_s = -1", "lease_s: -1 is not between"),
        ("legacy_unknown_task = 2", "legacy_unknown_task: '2' is not true or false"),
        ("ports = 5", "ports: is no setting in arangovis.toml"),
        ("port = ", "arangovis.toml cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, text)
    with pytest.raises(InvalidInput, match=problem.replace("(", "\\(")):
        read_settings({"home": tmp_path}, {})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_bytes(b"port = \xff\n")
    with pytest.raises(InvalidInput, match=r"arangovis\.toml cannot be read"):
        read_settings({"home": tmp_path}, {})


def test_every_number_has_a_range_and_a_default_within() -> None:
    defaults = {field.name: field.default for field in fields(Settings)}
    numbers = {name for name, value in defaults.items() if type(value) is int}
    assert numbers == set(RANGES)
    assert all(RANGES[name][0] <= int(str(defaults[name])) <= RANGES[name][1] for name in numbers)


def test_tokens(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = Settings(home=tmp_path, token_file=file)
    with pytest.raises(InvalidInput, match="cannot be read"):
        settings.token()
    file.write_text(" \n")
    with pytest.raises(InvalidInput, match="is empty"):
        settings.token()
    file.write_text("secret\n")
    assert settings.token() == "secret"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    check_bind(host, None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "127.0.0.1.example.org"])
def test_another_address_needs_one(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidInput, match="ARANGOVIS_TOKEN_FILE"):
        check_bind(host, None)
    check_bind(host, "secret")
