"""The built page and its files."""

import gzip
import hashlib
import mimetypes
import re
from functools import lru_cache
from pathlib import Path

import falcon

from arangovis.domain.errors import NotFound
from arangovis_api.compressed import accepts_gzip
from arangovis_api.conditional import is_unchanged
from arangovis_api.operation import operation

STATIC = Path(__file__).resolve().parent.parent / "static"
TAG = "page"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
PACKED_MAX = 64
"""Files of the page that are kept compressed; a browser asks for each once."""
FOREVER = ["public", "max-age=31536000", "immutable"]
NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>arangovis</title>
<h1>arangovis is running</h1>
<p>The page is not built. Run <code>npm ci</code> and <code>npm run build</code> in the folder <code>web/</code>,
and load this again.</p>
<p>The API is described at <a href="./api/v1/openapi.json">api/v1/openapi.json</a>.</p>
</html>
"""
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}\Z")
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+\Z")
_TEXT_TYPES = ("text/", "application/javascript", "application/json", "image/svg+xml")


class Page:
    """The page and the files it is made of; `folder` is where the build put them."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder

    @operation("The page", answers={200: "text/html", 304: None}, tag=TAG, needs=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the page; it is asked for again each time, since it names the files of one build."""
        _answer_page(req, resp, self._index())

    @operation("A view of the page", answers={200: "text/html", 304: None}, tag=TAG, needs=None)
    def on_get_view(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer the page, which shows the view that the address names; its files are found one level up."""
        _answer_page(req, resp, self._index().replace(b'="./', b'="../'))

    def _index(self) -> bytes:
        index = self._folder / "index.html"
        return index.read_bytes() if index.is_file() else NOT_BUILT.encode()

    @operation("A file of the page", answers={200: "*/*", 304: None}, tag=TAG, needs=None)
    def on_get_asset(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer a file. Its name has a hash of its content, so it never changes."""
        path = self._folder / "assets" / name
        if not _FILE_NAME.match(name) or not path.is_file():
            raise NotFound("the page has no such file")
        packed = accepts_gzip(req.get_header("Accept-Encoding") or "") and _media_type(name).startswith(_TEXT_TYPES)
        content = _packed(path, path.stat().st_mtime_ns) if packed else path.read_bytes()
        _protect(resp)
        resp.set_header("Vary", "Accept-Encoding")
        if is_unchanged(req, resp, hashlib.sha256(content).hexdigest()[:32]):
            return
        if packed:
            resp.set_header("Content-Encoding", "gzip")
        if _HASHED.search(name):
            resp.cache_control = FOREVER
        resp.content_type = _media_type(name)
        resp.data = content


@lru_cache(maxsize=PACKED_MAX)
def _packed(path: Path, changed: int) -> bytes:
    """Return a file's bytes in gzip; `changed` is when it was written, so that another build is read again."""
    return gzip.compress(path.read_bytes(), mtime=0)


def _answer_page(req: falcon.Request, resp: falcon.Response, content: bytes) -> None:
    _protect(resp)
    if is_unchanged(req, resp, hashlib.sha256(content).hexdigest()[:32]):
        return
    resp.content_type = "text/html; charset=utf-8"
    resp.data = content


def _protect(resp: falcon.Response) -> None:
    resp.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    resp.set_header("X-Content-Type-Options", "nosniff")
    resp.set_header("Referrer-Policy", "no-referrer")


def _media_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith(_TEXT_TYPES) else guessed
