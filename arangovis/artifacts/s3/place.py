"""What an `s3:` URL means: a bucket, a prefix, and how its server is reached.

    s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-central-1&addressing=path

All of the query may be left out. Credentials are never in it: boto3 finds them where the AWS tools look.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from arangovis.domain.errors import Fault, InvalidInput

ADDRESSINGS = ("path", "virtual", "auto")
PREFIX_BYTES_MAX = 900
"""S3 allows keys of 1,024 bytes."""
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]\Z")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_NAMES = ("endpoint", "region", "addressing")


@dataclass(frozen=True, slots=True)
class S3Place:
    """A place for blobs in S3.

    Args:
        bucket: its name.
        prefix: what all keys begin with, without slashes at its ends; may be empty.
        endpoint: URL of the server; empty for AWS.
        region: empty for what the AWS tools are configured with.
        addressing: the bucket's name in the `path` or in the host (`virtual`); `auto` lets boto3 choose.

    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    addressing: str = "auto"


def place_of(split: SplitResult) -> S3Place:
    """Read the place of an `s3:` URL. With an endpoint the bucket's name goes into the path unless told otherwise.

    Raises:
        InvalidInput: a part of it is missing or not understood; the message says which.

    """
    query = _query_of(split.query)
    endpoint = _endpoint(query.get("endpoint", ""))
    return S3Place(
        bucket=_matching(_BUCKET, split.netloc, "is no name of a bucket; the URL has the form s3://bucket/prefix"),
        prefix=_prefix(split),
        endpoint=endpoint,
        region=_region(query.get("region", "")),
        addressing=_addressing(query.get("addressing") or ("path" if endpoint else "auto")),
    )


def _query_of(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    unknown = sorted(found.keys() - set(_NAMES))
    if unknown or len(found) < len(pairs):
        wrong = f"{unknown[0][:80]!r}" if unknown else "a name that is there twice"
        raise _refused(f"the query of an s3 URL has {wrong}; it may have {', '.join(_NAMES)}, each once")
    return found


def _prefix(split: SplitResult) -> str:
    prefix = unquote(split.path).strip("/")
    steps = prefix.split("/") if prefix else []
    if split.fragment or any(step in ("", ".", "..") for step in steps) or not prefix.isprintable():
        raise _refused(
            f"{prefix[:80]!r} is no prefix: it may have no empty step, '.', '..', fragment or control character"
        )
    if len(prefix.encode()) > PREFIX_BYTES_MAX:
        raise _refused(f"the prefix has {len(prefix.encode())} bytes; {PREFIX_BYTES_MAX} are allowed")
    return prefix


def _endpoint(endpoint: str) -> str:
    if not endpoint:
        return ""
    try:
        split = urlsplit(endpoint)
        is_right = split.scheme in ("http", "https") and bool(split.hostname) and (split.port is None or split.port > 0)
    except ValueError:
        is_right = False
    if not is_right or split.query or split.fragment or split.path not in ("", "/"):
        raise _refused("it is not of the form http://host:port or https://host:port", "s3_endpoint")
    if "@" in split.netloc:
        raise _refused("credentials do not belong here; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "s3_endpoint")
    return endpoint.rstrip("/")


def _region(region: str) -> str:
    return _matching(_REGION, region, "is no name of a region", "s3_region") if region else ""


def _addressing(addressing: str) -> str:
    if addressing not in ADDRESSINGS:
        raise _refused(f"addressing {addressing[:80]!r} is not known; use {', '.join(ADDRESSINGS)}")
    return addressing


def _matching(pattern: re.Pattern[str], text: str, problem: str, field: str = "artifacts") -> str:
    if not pattern.match(text):
        raise _refused(f"{text.rpartition('@')[2][:80]!r} {problem}", field)  # before an @ may be a secret
    return text


def _refused(problem: str, field: str = "artifacts") -> InvalidInput:
    return InvalidInput.of(Fault(field, problem))
