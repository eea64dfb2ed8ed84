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


def test_the_old_services_storage_is_read() -> None:
    old = {"AWS_STORAGE_ENDPOINT": "http://minio:9000", "AWS_REGION": "eu-west-1", "AWS_BUCKET": "vis"}
    settings = read_settings(environ=old)
    assert settings.artifacts_url == "s3://vis/arangovis?endpoint=http%3A%2F%2Fminio%3A9000&region=eu-west-1"
    own = {"ARANGOVIS_S3_REGION": "here", "ARANGOVIS_S3_ENDPOINT": "https://s3", "ARANGOVIS_ARTIFACTS": "s3://b"}
    assert read_settings(environ={**old, **own}).artifacts_url == "s3://b?endpoint=https%3A%2F%2Fs3&region=here"
    assert read_settings(environ={"AWS_BUCKET": "of-another-program"}).artifacts == ""


def test_a_file_comes_before_the_old_names(tmp_path: Path) -> None:
    write(tmp_path, 's3_region = "here"\nurl_prefix = "/own"\n')
    environment = {"ARANGOVIS_HOME": str(tmp_path), "AWS_REGION": "there", "URL_PREFIX": "/old"}
    settings = read_settings(environ=environment)
    assert (settings.s3_region, settings.url_prefix) == ("here", "/own")


@pytest.mark.parametrize(
    ("artifacts", "url"),
    [
        ("s3://b/p", "s3://b/p?endpoint=http%3A%2F%2Fs3%3A1&region=r"),
        ("s3://b/p?region=own", "s3://b/p?region=own&endpoint=http%3A%2F%2Fs3%3A1"),
        ("s3://b/p?endpoint=&region=", "s3://b/p?endpoint=&region="),
        ("file:///p", "file:///p"),
    ],
)
def test_the_url_of_artifacts_says_all(artifacts: str, url: str) -> None:
    assert Settings(artifacts=artifacts, s3_endpoint="http://s3:1", s3_region="r").artifacts_url == url


def test_a_child_reads_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        store="sqlite:///x",
        store_password="secret",
        store_password_file=tmp_path / "p",
        artifacts="s3://bucket",
        s3_endpoint="http://s3:1",
        s3_region="r",
        token_file=tmp_path / "t",
        openlineage_token_file=tmp_path / "o",
        embedder_token_file=tmp_path / "e",
        tls_cert_file=tmp_path / "c",
        tls_key_file=tmp_path / "k",
        oidc_client_secret_file=tmp_path / "i",
        backup_root=tmp_path / "b",
        port=7,
        legacy_unknown_task=True,
        lease_s=4,
    )
    assert read_settings(environ=settings.environment()) == settings
    assert set(settings.environment()) == {PREFIX + field.name.upper() for field in fields(Settings)}
    assert PREFIX + "TOKEN_FILE" not in Settings(home=tmp_path).environment()


def test_the_stores_password_is_given_or_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    given = {"ARANGOVIS_HOME": str(tmp_path), "ARANGOVIS_STORE_PASSWORD_FILE": str(file)}
    assert read_settings(environ=given).store_secret() == "from the file"
    settings = read_settings(environ={**given, "ARANGOVIS_STORE_PASSWORD": "given"})
    assert settings.store_secret() == "given"
    assert "given" not in repr(settings)
    assert Settings(home=tmp_path).store_secret() == ""
    for wrong in (tmp_path / "missing", tmp_path):
        with pytest.raises(InvalidInput, match="store_password_file: cannot be read"):
            Settings(home=tmp_path, store_password_file=wrong).store_secret()


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
    check_bind(host, guarded=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "127.0.0.1.example.org"])
def test_another_address_needs_one(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidInput, match="ARANGOVIS_TOKEN_FILE"):
        check_bind(host, guarded=False)
    check_bind(host, guarded=True)
