"""Large answers that clients take compressed."""

import gzip

import falcon

GZIP_BYTES_MIN = 16 * 1024
"""A smaller answer gains nothing by compression."""
GZIP_LEVEL = 1
"""Results are mostly numbers: higher levels cost much and gain little."""


def send_bytes(req: falcon.Request, resp: falcon.Response, data: bytes) -> None:
    """Answer bytes, compressed if the client takes gzip and they are many."""
    resp.status = 200
    if len(data) >= GZIP_BYTES_MIN and accepts_gzip(req.get_header("Accept-Encoding") or ""):
        resp.set_header("Content-Encoding", "gzip")
        data = gzip.compress(data, GZIP_LEVEL, mtime=0)
    resp.data = data


def tag_weakly(req: falcon.Request, resp: falcon.Response, tag: str) -> bool:
    """Tag an answer that may be sent compressed or not, in one of several forms; say whether the client has it: 304."""
    resp.set_header("Vary", "Accept, Accept-Encoding")
    resp.set_header("Cache-Control", "private, no-cache")
    resp.set_header("ETag", f'W/"{tag}"')
    if not any(known in (tag, "*") for known in req.if_none_match or ()):
        return False
    resp.status = 304
    return True


def accepts_gzip(header: str) -> bool:
    """Say whether an Accept-Encoding header names gzip with a quality above 0; `*` alone is not taken for it."""
    for part in header.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        if coding in ("gzip", "x-gzip"):
            return not any(parameter.removeprefix("q=").strip("0.") == "" for parameter in parameters)
    return False
