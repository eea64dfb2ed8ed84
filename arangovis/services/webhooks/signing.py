"""Signatures of messages, as the Standard Webhooks specification has them: HMAC-SHA256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac
import secrets

from arangovis.domain.errors import Fault, InvalidInput

PREFIX = "whsec_"
SECRET_BYTES = 32
SECRET_MIN, SECRET_MAX = 24, 64
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
VERSION = "v1"


def new_secret() -> str:
    """Return a fresh secret: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> str:
    """Return a secret of a user's own.

    Raises:
        InvalidInput: it has another form. The value is not repeated.

    """
    if not SECRET_MIN <= len(_key(secret)) <= SECRET_MAX or not secret.startswith(PREFIX):
        problem = f"is not {PREFIX} and {SECRET_MIN} to {SECRET_MAX} bytes in base64"
        raise InvalidInput.of(Fault("secret", problem))
    return secret


def signature_of(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message.

    Args:
        secret: shared with the receiver.
        message: the id of the message.
        timestamp: when it is sent, seconds since 1970.
        body: the bytes that are sent.

    """
    signed = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"{VERSION},{base64.b64encode(digest).decode()}"


def headers_of(secret: str, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that a message travels with."""
    return {ID: message, TIMESTAMP: str(timestamp), SIGNATURE: signature_of(secret, message, timestamp, body)}


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
