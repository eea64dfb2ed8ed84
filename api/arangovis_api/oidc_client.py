"""OpenID Connect, as a client: authorization code with PKCE. The library is Authlib; it is imported nowhere else."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from arangovis.domain.errors import Fault, InvalidInput, MissingExtra, StoreUnavailable, Unauthorized
from arangovis.settings import Settings, is_loopback, read_secret

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

DISCOVERY = "/.well-known/openid-configuration"
SCOPES = "openid profile email"
TIMEOUT_S = 10.0
KNOWN_FOR_S = 3600.0
"""So long the provider's addresses and keys are believed; an unknown key is asked for at once."""
LEEWAY_S = 60
"""By how much the provider's clock may differ from ours."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that are believed: none that our own secret could make, and not `none`."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser's sign-in is known by, until it comes back."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Provider:
    """Who signs people in."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = checked_issuer(settings.oidc_issuer)
        self._client_id = settings.oidc_client_id
        path = settings.oidc_client_secret_file
        self._secret = None if path is None else read_secret("oidc_client_secret_file", path)
        self._lock = threading.Lock()
        self._found: tuple[float, Mapping[str, Any], Mapping[str, Any]] | None = None
        if not self._client_id:
            raise InvalidInput.of(Fault("oidc_client_id", "is missing"))
        if find_spec("authlib") is None or find_spec("requests") is None:
            raise MissingExtra("signing in with OpenID Connect needs Authlib: install arangovis[oidc]")

    def begin(self, redirect_uri: str) -> tuple[str, Attempt]:
        """Return where to send the browser, and what to know it by when it comes back.

        Raises:
            StoreUnavailable: the provider does not answer.

        """
        from authlib.common.security import generate_token

        attempt = Attempt(generate_token(43), generate_token(43), generate_token(64))
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._document()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return url, attempt

    def finish(self, code: str, attempt: Attempt, redirect_uri: str) -> Mapping[str, Any]:
        """Return what the provider says of who signed in, once all of it was checked.

        Raises:
            Unauthorized: the code or what it was exchanged for is not right.
            StoreUnavailable: the provider does not answer.

        """
        from authlib.integrations.base_client import OAuthError

        endpoint = self._document()["token_endpoint"]
        try:
            with self._session(redirect_uri) as session:
                token = session.fetch_token(
                    endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=redirect_uri,
                    allow_redirects=False,
                )
        except OAuthError as error:
            raise Unauthorized("the provider does not accept this sign-in; try again") from error
        except (OSError, ValueError) as error:
            raise _silent() from error
        return self._claims(token, attempt)

    def _session(self, redirect_uri: str) -> "OAuth2Session":
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._client_id,
            self._secret,
            scope=SCOPES,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
        )

    def _claims(self, token: Mapping[str, Any], attempt: Attempt) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        options = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
            "exp": {"essential": True},
        }
        given = {
            "nonce": attempt.nonce,
            "client_id": self._client_id,
            "access_token": token.get("access_token"),
        }
        try:
            try:
                decoded = jwt.decode(token["id_token"], KeySet.import_key_set(self._keys()), registry=registry)
            except InvalidKeyIdError:  # the provider changed its keys
                decoded = jwt.decode(
                    token["id_token"], KeySet.import_key_set(self._keys(afresh=True)), registry=registry
                )
            claims = CodeIDToken(decoded.claims, decoded.header, options, given)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unauthorized("what the provider says cannot be believed; try again") from error
        return dict(claims)

    # --- what is known of the provider ------------------------------------------------------------------------

    def _document(self) -> Mapping[str, Any]:
        return self._known()[1]

    def _keys(self, *, afresh: bool = False) -> Any:
        return self._known(afresh=afresh)[2]

    def _known(self, *, afresh: bool = False) -> tuple[float, Mapping[str, Any], Mapping[str, Any]]:
        with self._lock:
            if self._found is None or afresh or time.monotonic() - self._found[0] > KNOWN_FOR_S:
                document = self._fetched(self._issuer + DISCOVERY)
                self._check(document)
                self._found = time.monotonic(), document, self._fetched(str(document["jwks_uri"]))
            return self._found

    def _fetched(self, url: str) -> Mapping[str, Any]:
        try:
            with self._session("") as session:
                answer = session.get(url, withhold_token=True, allow_redirects=False, timeout=TIMEOUT_S)
                document = answer.json() if answer.status_code == 200 else None
        except (OSError, ValueError) as error:
            raise _silent() from error
        if not isinstance(document, dict):
            raise _silent()
        return document

    def _check(self, document: Mapping[str, Any]) -> None:
        if document.get("issuer") != self._issuer:
            raise StoreUnavailable("the OpenID Connect provider is another than the settings say")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_sound_url(str(document.get(name, ""))):
                raise StoreUnavailable(f"the OpenID Connect provider has no {name} over HTTPS")


def checked_issuer(issuer: str) -> str:
    """Return the address of a provider.

    Raises:
        InvalidInput: it is no URL of HTTPS, or of plain HTTP on this machine.

    """
    if not is_sound_url(issuer) or "?" in issuer or "#" in issuer:
        raise InvalidInput.of(Fault("oidc_issuer", "is not of the form https://host[:port][/path]"))
    return issuer.rstrip("/")


def is_sound_url(url: str) -> bool:
    """Say whether what is sent there cannot be read on the way."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _silent() -> StoreUnavailable:
    return StoreUnavailable("the OpenID Connect provider does not answer as it should")
