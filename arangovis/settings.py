"""Settings: one frozen object, read once from flags, the environment and a TOML file, in that order of precedence."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

from arangovis.domain.errors import Fault, InvalidInput

PREFIX = "ARANGOVIS_"
CONFIG_NAME = "arangovis.toml"
RANGES = {
    "port": (1, 65535),
    "lease_s": (1, 24 * 3600),
    "run_time_max_s": (1, 365 * 24 * 3600),
    "compute_memory_max_mb": (64, 1 << 20),
    "compute_idle_s": (0, 24 * 3600),
    "body_max_mb": (1, 1024),
    "requests_at_once": (1, 256),
    "requests_waiting": (0, 1024),
    "session_hours": (1, 30 * 24),
    "token_rate": (0, 1_000_000),
    "token_burst": (1, 1_000_000),
    "token_concurrency": (0, 100_000),
}
"""The least and the most that a number may be."""
DEFAULT_HOME = Path("~/.arangovis")
OLD_NAMES = {"url_prefix": "URL_PREFIX", "s3_endpoint": "AWS_STORAGE_ENDPOINT", "s3_region": "AWS_REGION"}
"""Settings under the names that hydro-visualization had for them; any other source of a setting comes before these."""
OLD_BUCKET_PREFIX = "arangovis"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Each name is `ARANGOVIS_<NAME>` in the environment and `<name>` in the file."""

    home: Path = DEFAULT_HOME
    """Where the embedded store and the local artifacts are kept."""
    store: str = ""
    """`sqlite:///path` or `arango+http(s)://user@host:8529/database`; empty: `graph.db` in the home."""
    store_password: str = field(default="", repr=False)
    """Password of the store's user."""
    store_password_file: Path | None = None
    """File with that password."""
    artifacts: str = ""
    """`file:///path` or `s3://bucket/prefix`; empty: `artifacts` in the home."""
    s3_endpoint: str = ""
    """`http(s)://host:port` of an S3 server; empty: that of AWS. `AWS_STORAGE_ENDPOINT` is read too."""
    s3_region: str = ""
    """Region of the bucket; `AWS_REGION` is read too. Empty: as the AWS tools are configured."""
    host: str = "127.0.0.1"
    """Address to listen on; another than loopback needs a token file."""
    port: int = 5000
    """Port to listen on."""
    token_file: Path | None = None
    """File with a bearer token of role admin; `arangovis token` makes others."""
    insecure: bool = False
    """Serve other machines without asking for a token."""
    tls_cert_file: Path | None = None
    """Certificate to serve HTTPS with, and gRPC, in PEM, with those that signed it."""
    tls_key_file: Path | None = None
    """Its private key."""
    public_url: str = ""
    """What browsers know the service by, `https://host[:port]`, if a proxy stands before it."""
    allowed_hosts: str = ""
    """Names that requests may be sent to, separated by commas; empty: any, once tokens are asked for."""
    frame_origins: str = ""
    """Origins whose pages may show ours in a frame, such as a notebook server's, separated by blanks."""
    session_hours: int = 12
    """How long a sign-in of the page lasts."""
    token_rate: int = 300
    """Requests a second that one token may make; 0: any number."""
    token_burst: int = 600
    """Requests that it may make at once before that."""
    token_concurrency: int = 0
    """Requests of one token that are answered at the same time; 0: any number."""
    oidc_issuer: str = ""
    """Who signs people in to the page: the URL of an OpenID Connect provider; empty: nobody."""
    oidc_client_id: str = ""
    """What the provider knows us by."""
    oidc_client_secret_file: Path | None = None
    """File with the secret that we show the provider; none: a public client."""
    oidc_account_claim: str = "email"
    """The claim that names who acts."""
    oidc_role_claim: str = "groups"
    """The claim that roles follow from."""
    oidc_roles: str = ""
    """`value=role` or `value=role:project;project`, separated by commas: what a value of that claim gives."""
    url_prefix: str = "/visualization"
    """Where the routes of hydro-visualization are served; `URL_PREFIX` of the old service is read too."""
    legacy_unknown_task: bool = False
    """Answer polls of unknown tasks with 200 PENDING for ever, as the old service did, instead of 404."""
    lease_s: int = 30
    """How long a worker holds a run without a sign of life."""
    run_time_max_s: int = 3600
    """After this long a run is stopped."""
    compute_memory_max_mb: int = 4096
    """A compute process above this is stopped."""
    compute_idle_s: int = 300
    """How long a compute process stays warm."""
    body_max_mb: int = 256
    """Largest request body."""
    requests_at_once: int = 8
    """Requests that a server answers at the same time."""
    requests_waiting: int = 128
    """Requests that wait for their turn; what is more is refused with 503."""
    scheduler: str = ""
    """`tcp://host:8786` or `tls://...`: the Dask scheduler whose workers compute; empty: workers compute themselves."""
    model_factories: str = ""
    """Factories `module:function` that sweeps may make models with, besides the built-in; separated by commas."""
    openlineage_url: str = ""
    """Where every run's start and end is told as OpenLineage events, `http(s)://host:port[/path]`; empty: nowhere."""
    openlineage_token_file: Path | None = None
    """File with the bearer token that is shown there."""
    embedder_endpoints: str = ""
    """Addresses below which embedders may be asked over HTTP, `http(s)://host[:port][/path]`; separated by commas."""
    embedder_functions: str = ""
    """Functions `module:function` of the workers that may be embedders; separated by commas."""
    embedder_token_file: Path | None = None
    """File with the bearer token that is shown to the addresses of embedders."""
    import_roots: str = ""
    """Where clients of `/3/` may import files from: absolute folders, `s3://bucket/prefix`, `https://host/prefix`."""
    webhook_hosts: str = ""
    """Hosts that webhooks may be sent to: names, `*.domain`, and the addresses or networks that are not public."""
    backup_root: Path | None = None
    """Folder that schedules make backups in."""
    log_format: str = "text"
    """How servers and workers write their logs: `text`, or `json`, an object a line."""
    otel_endpoint: str = ""
    """Where traces are sent by OTLP over HTTP, `http(s)://host:4318`; empty: nowhere."""

    @property
    def store_url(self) -> str:
        """The store's URL with its default filled in."""
        return self.store or f"sqlite:///{self.home.absolute() / 'graph.db'}"

    @property
    def artifacts_url(self) -> str:
        """The artifact store's URL with its defaults filled in: it alone says where the bytes are."""
        if self.artifacts.startswith("s3:"):
            return _with_query(self.artifacts, endpoint=self.s3_endpoint, region=self.s3_region)
        return self.artifacts or f"file://{quote(str(self.home.absolute() / 'artifacts'))}"

    @property
    def s3_query(self) -> str:
        """The server of S3 as the query of an `s3:` URL; empty if the settings name none."""
        return _with_query("", endpoint=self.s3_endpoint, region=self.s3_region).removeprefix("?")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us over HTTPS: by our own certificate, or a proxy's."""
        return self.tls_cert_file is not None or self.public_url.startswith("https:")

    def token(self) -> str | None:
        """Return the bearer token, or None if none is configured.

        Raises:
            InvalidInput: the file cannot be read or is empty.

        """
        return None if self.token_file is None else read_secret("token_file", self.token_file)

    def store_secret(self) -> str:
        """Return the password of the store's user; empty if none is configured.

        Raises:
            InvalidInput: the file cannot be read or is empty.

        """
        if self.store_password or self.store_password_file is None:
            return self.store_password
        return read_secret("store_password_file", self.store_password_file)

    def openlineage_token(self) -> str | None:
        """Return the token to show to the receiver of events, or None if none is configured.

        Raises:
            InvalidInput: the file cannot be read or is empty.

        """
        path = self.openlineage_token_file
        return None if path is None else read_secret("openlineage_token_file", path)

    def embedder_token(self) -> str | None:
        """Return the token to show to the addresses of embedders, or None if none is configured.

        Raises:
            InvalidInput: the file cannot be read or is empty.

        """
        path = self.embedder_token_file
        return None if path is None else read_secret("embedder_token_file", path)

    def environment(self) -> dict[str, str]:
        """Return the settings as environment variables for a child process."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {PREFIX + name.upper(): str(value) for name, value in values.items() if value is not None}


def read_settings(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Flags that are None count as not given.

    Raises:
        InvalidInput: a value has the wrong type, or the file has an unknown name.

    """
    environment = os.environ if environ is None else environ
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    home = Path(str(given.get("home") or environment.get(PREFIX + "HOME") or DEFAULT_HOME)).expanduser().absolute()
    sources = (_from_old_names(environment), _from_file(home), _from_environment(environment), given)
    merged: dict[str, object] = {name: value for source in sources for name, value in source.items()} | {"home": home}
    known = {field.name: field.type for field in fields(Settings)}
    if unknown := sorted(merged.keys() - known.keys()):
        raise InvalidInput.of(*(Fault(name, f"is no setting in {CONFIG_NAME}") for name in unknown))
    return Settings(**{name: _typed(name, value) for name, value in merged.items()})  # type: ignore[arg-type]


def read_secret(name: str, path: Path) -> str:
    """Return what a secret's file holds.

    Raises:
        InvalidInput: it cannot be read or is empty.

    """
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput.of(Fault(name, "cannot be read")) from error
    if not secret:
        raise InvalidInput.of(Fault(name, "is empty"))
    return secret


def check_bind(host: str, *, guarded: bool) -> None:
    """Refuse to listen where other machines reach us, unless a token is asked for or that was said to be right.

    Raises:
        InvalidInput: the address is not loopback and nothing guards it.

    """
    if not guarded and not is_loopback(host):
        ways = "make a token with `arangovis token create`, configure ARANGOVIS_TOKEN_FILE, or use 127.0.0.1"
        problem = f"{host[:80]!r} can be reached from other machines: {ways}; --insecure serves them without"
        raise InvalidInput.of(Fault("host", problem))


def check_tls(settings: Settings) -> None:
    """Look at the certificate and its key.

    Raises:
        InvalidInput: one is given without the other, cannot be read, or they do not belong together.

    """
    for name, path, other in (
        ("tls_cert_file", settings.tls_cert_file, settings.tls_key_file),
        ("tls_key_file", settings.tls_key_file, settings.tls_cert_file),
    ):
        if path is None and other is not None:
            raise InvalidInput.of(Fault(name, "is missing: a certificate and its key are given together"))
        if path is not None:
            read_secret(name, path)
    if settings.tls_cert_file is not None and settings.tls_key_file is not None:
        _check_pair(settings.tls_cert_file, settings.tls_key_file)


def _check_pair(certificate: Path, key: Path) -> None:
    import ssl

    try:
        # without a password an encrypted key would have one asked for on the terminal
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        problem = "is not the key of tls_cert_file: both in PEM, the key not encrypted"
        raise InvalidInput.of(Fault("tls_key_file", problem)) from error


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine only; an unknown name counts as not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _from_file(home: Path) -> dict[str, object]:
    path = home / CONFIG_NAME
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{CONFIG_NAME} cannot be read: {error}") from error
    except OSError as error:
        raise InvalidInput(f"{CONFIG_NAME} cannot be read") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    names = [field.name for field in fields(Settings)]
    return {n: environ[PREFIX + n.upper()] for n in names if environ.get(PREFIX + n.upper())}


def _from_old_names(environ: Mapping[str, str]) -> dict[str, object]:
    """Read what the old service called differently.

    Its bucket counts only beside its endpoint: `AWS_BUCKET` alone may be there for any other program.
    """
    found: dict[str, object] = {name: environ[old] for name, old in OLD_NAMES.items() if environ.get(old)}
    if "s3_endpoint" in found and environ.get("AWS_BUCKET"):
        found["artifacts"] = f"s3://{environ['AWS_BUCKET']}/{OLD_BUCKET_PREFIX}"
    return found


def _with_query(url: str, **values: str) -> str:
    """Return the URL with these values in its query, where they are neither empty nor given there."""
    base, _, query = url.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    missing = [(name, value) for name, value in values.items() if value and name not in dict(given)]
    return f"{base}?{urlencode(given + missing)}" if given or missing else url


def _typed(name: str, value: object) -> object:
    if name in ("home", "backup_root") or name.endswith("_file"):
        return Path(str(value)).expanduser()
    default = Settings.__dataclass_fields__[name].default
    if isinstance(default, bool):
        return _boolean(name, value)
    return _integer(name, value) if isinstance(default, int) else str(value)


def _integer(name: str, value: object) -> int:
    try:
        number = int(str(value))
    except ValueError as error:
        raise InvalidInput.of(Fault(name, f"{str(value)[:80]!r} is not an integer")) from error
    least, most = RANGES[name]
    if not least <= number <= most:
        raise InvalidInput.of(Fault(name, f"{number} is not between {least} and {most}"))
    return number


def _boolean(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise InvalidInput.of(Fault(name, f"{str(value)[:80]!r} is not true or false"))
    return text in ("true", "1", "yes")
