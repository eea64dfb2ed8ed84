"""Names in paths, in which any character may stand."""

from urllib.parse import unquote_to_bytes, urlsplit

import falcon

from arangovis.domain.errors import NotFound

PREFIX = "/3/"


class RawPath:
    """Routes `/3/` by the path as it was sent, so that an escaped slash is part of a name."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put the path that was sent in place of the decoded one, if it is the same."""
        raw = str(req.env.get("RAW_URI") or "")
        path = raw.partition("?")[0] if raw.startswith("/") else urlsplit(raw).path if raw else ""
        if req.path.startswith(PREFIX) and path.startswith(PREFIX) and _decoded(path) == req.path.rstrip("/"):
            req.path = path.rstrip("/")


def unquoted(part: str) -> str:
    """Return a name out of a path.

    Raises:
        NotFound: it is no text.

    """
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotFound("the name in the path is not UTF-8") from error


def _decoded(path: str) -> str | None:
    try:
        return unquote_to_bytes(path).decode("utf-8").rstrip("/")
    except UnicodeDecodeError:
        return None
