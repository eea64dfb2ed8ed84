"""Which artifact store a URL means. The implementation is imported when it is first asked for."""

from importlib import import_module
from urllib.parse import SplitResult, unquote, urlsplit

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import Fault, InvalidInput

_OPENERS = {"file": "arangovis.artifacts.registry:open_local"}
"""URL scheme -> module:function that takes the split URL and returns the store."""


def open_artifacts(url: str) -> ArtifactStore:
    """Open the artifact store that a URL names, such as `file:///var/lib/arangovis/artifacts`.

    Raises:
        InvalidInput: the scheme is not known, or the URL has a form that its store does not read.

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


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _refused("is not a URL") from error


def _refused(problem: str) -> InvalidInput:
    return InvalidInput.of(Fault("artifacts", problem))
