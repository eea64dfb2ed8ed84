"""A small provider of OpenID Connect, as a process of its own: it signs in whom the test says, or misbehaves as told.

`python oidc_provider.py` prints its address. `POST /control` takes the claims of who signs in, and what is to be wrong.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "arangovis-test", "a-client-secret-of-the-test"
CONTROL: dict[str, Any] = {"claims": {}, "wrong": ""}
CODES: dict[str, dict[str, str]] = {}
KEYS = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})]


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def log_message(self, *args: Any) -> None:
        pass

    def answer(self, document: Any, status: int = 200, **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            issuer = "https://evil.example" if CONTROL["wrong"] == "discovery" else self.issuer
            places = {
                "authorization_endpoint": "/authorize",
                "token_endpoint": "/token",
                "jwks_uri": "/keys",
            }
            document = {name: self.issuer + path for name, path in places.items()}
            self.answer({"issuer": issuer, **document, "id_token_signing_alg_values_supported": ["RS256", "none"]})
        elif parts.path == "/keys":
            self.answer({"keys": [key.as_dict(private=False) for key in KEYS]})
        elif parts.path == "/authorize":
            self.authorize(query)
        else:
            self.answer({}, 404)

    def authorize(self, query: dict[str, str]) -> None:
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        if CONTROL["wrong"] == "denied":
            back = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(16)
            CODES[code] = query
            back = {"code": code, "state": query["state"], "session_state": "of no meaning"}
        self.answer({}, 302, Location=f"{query['redirect_uri']}?{urlencode(back)}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/control":
            CONTROL.update(json.loads(body))
            if CONTROL["wrong"] == "rotated":
                KEYS[:] = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})]
            self.answer({})
        elif self.path == "/token":
            self.token({name: values[0] for name, values in parse_qs(body).items()})
        else:
            self.answer({}, 404)

    def token(self, given: dict[str, str]) -> None:
        asked = CODES.pop(given.get("code", ""), None)
        shown = base64.b64decode((self.headers["Authorization"] or "").removeprefix("Basic ")).decode()
        verifier = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            asked is None
            or shown != f"{CLIENT}:{SECRET}"
            or challenge != asked["code_challenge"]
            or given.get("redirect_uri") != asked["redirect_uri"]
        ):
            self.answer({"error": "invalid_grant"}, 400)
            return
        access = secrets.token_urlsafe(16)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 60}
        self.answer(answer | {"id_token": self.id_token(asked["nonce"], access)})

    def id_token(self, nonce: str, access: str) -> str:
        wrong, now = CONTROL["wrong"], int(time.time())
        digest = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": "https://evil.example" if wrong == "issuer" else self.issuer,
            "aud": "somebody-else" if wrong == "audience" else CLIENT,
            "azp": CLIENT,
            "sub": "248289761001",
            "iat": now - 7200 if wrong == "expired" else now,
            "exp": now - 3600 if wrong == "expired" else now + 300,
            "nonce": "another" if wrong == "nonce" else nonce,
            "at_hash": "wrong" if wrong == "at_hash" else base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            **CONTROL["claims"],
        }
        header = {"alg": "RS256", "kid": KEYS[0].kid}
        if wrong == "unsigned":
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
            return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
        if wrong == "symmetric":
            return jwt.encode({"alg": "HS256", "kid": KEYS[0].kid}, claims, OctKey.import_key(SECRET))
        key = RSAKey.generate_key(2048) if wrong == "key" else KEYS[0]
        token = jwt.encode(header, claims, key)
        if wrong == "tampered":
            head, body, signature = token.split(".")
            claims["groups"] = ["ml-admins"]
            body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
            return f"{head}.{body}.{signature}"
        return token


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(server.server_address[1], flush=True)
    server.serve_forever()
