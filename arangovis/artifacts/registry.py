"""Which artifact store a URL means. The implementation is imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import Fault, InvalidInput, MissingExtra

if TYPE_CHECKING:
    from arangovis.artifacts.s3.objects import S3Objects
    from arangovis.artifacts.s3.place import S3Place

_OPENERS = {"file": "arangovis.artifacts.registry:open_local", "s3": "arangovis.artifacts.registry:open_s3"}
"""URL scheme -> module:function that takes the split URL and returns the store."""


def open_artifacts(url: str) -> ArtifactStore:
    """Open the artifact store that a URL names, such as `file:///var/lib/arangovis/artifacts` or `s3://bucket/prefix`.

    Raises:
        InvalidInput: the scheme is not known, or the URL has a form that its store does not read.
        MissingExtra: the store needs a library that is not installed.

    """
    split = _split(url)
    if split.scheme not in _OPENERS:
        known = ", ".join(f"{scheme}:" for scheme in sorted(_OPENERS))
        raise _refused(f"{split.scheme or url[:80]!r} is not a known scheme; known are {known}")
    module, _, function = _OPENERS[split.scheme].partition(":")
    store: ArtifactStore = getattr(import_module(module), function)(split)
    return store


def open_local(split: SplitResult) -> ArtifactStore:
    """Open the store of a `file:` URL; its path is absolute.

    Raises:
        InvalidInput: there is a host, a query or a fragment, or no absolute path.

    """
    from pathlib import Path

    from arangovis.artifacts.local import LocalArtifactStore

    path = unquote(split.path)
    if split.netloc not in ("", "localhost") or split.query or split.fragment or not path.startswith("/"):
        raise _refused("a file URL has the form file:///folder, with an absolute folder and nothing else")
    if "\0" in path:
        raise _refused("a file URL has no NUL character")
    return LocalArtifactStore(Path(path))


def open_s3(split: SplitResult) -> ArtifactStore:
    """Open the store of an `s3:` URL; nothing is asked of the server yet.

    Raises:
        InvalidInput: it names no bucket, or its query is not understood.
        MissingExtra: boto3 is not installed.

    """
    from arangovis.artifacts.s3.place import place_of

    place = place_of(split)
    try:
        from arangovis.artifacts.s3.store import S3ArtifactStore
    except ImportError as error:
        raise MissingExtra("artifacts in S3 need boto3: install arangovis[s3]") from error
    return S3ArtifactStore(place)


def open_objects(place: "S3Place") -> "S3Objects":
    """Open a bucket for reading objects by their keys; nothing is asked of the server yet.

    Raises:
        MissingExtra: boto3 is not installed.

    """
    try:
        from arangovis.artifacts.s3.objects import S3Objects
    except ImportError as error:
        raise MissingExtra("files in S3 need boto3: install arangovis[s3]") from error
    return S3Objects(place)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _refused("is not a URL") from error


def _refused(problem: str) -> InvalidInput:
    return InvalidInput.of(Fault("artifacts", problem))
