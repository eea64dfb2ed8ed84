"""A bucket with versioning, which rclone's server has not: as much of S3 as removing versions needs, in memory.

A DELETE without a version puts a mark over the object; one with a version removes that version, or the mark. Listings
of versions are cut into pages, newest first, as S3's are.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

PAGE = 2
"""Versions a page of the listing, so that a few are several pages."""
FORBIDDEN = b"<Error><Code>AccessDenied</Code></Error>"


@dataclass(frozen=True)
class Version:
    """What was put under a key, or the mark that it was removed."""

    key: str
    id: str
    data: bytes | None


@dataclass
class VersionedBucket:
    """All versions, newest first, and what may not be asked."""

    versions: list[Version] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    shown_again: list[str] = field(default_factory=list)
    """Keys of removed objects that an older version was to be seen of for a while."""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def add(self, key: str, data: bytes | None) -> None:
        self.versions.insert(0, Version(key, f"v{next(self._numbers)}", data))

    def newest(self, key: str) -> bytes | None:
        return next((version.data for version in self.versions if version.key == key), None)

    def remove(self, key: str, number: str) -> None:
        was_there = self.newest(key) is not None
        self.versions = [version for version in self.versions if (version.key, version.id) != (key, number)]
        if not was_there and self.newest(key) is not None:
            self.shown_again.append(key)

    def listing(self, prefix: str, after: str) -> str:
        found = [version for version in self.versions if version.key.startswith(prefix)]
        begin = next((place + 1 for place, version in enumerate(found) if version.id == after), 0)
        page, more = found[begin : begin + PAGE], len(found) > begin + PAGE
        next_one = f"<NextKeyMarker>{page[-1].key}</NextKeyMarker><NextVersionIdMarker>{page[-1].id}" if more else ""
        closed = f"{next_one}</NextVersionIdMarker>" if more else ""
        entries = "".join(_entry(version) for version in page)
        return (
            f"<ListVersionsResult><IsTruncated>{str(more).lower()}</IsTruncated>{closed}{entries}</ListVersionsResult>"
        )


def _entry(version: Version) -> str:
    name = "DeleteMarker" if version.data is None else "Version"
    moment = "<LastModified>2026-11-21T00:00:00.000Z</LastModified>"
    return f"<{name}><Key>{version.key}</Key><VersionId>{version.id}</VersionId>{moment}</{name}>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, bucket: VersionedBucket) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bucket = bucket


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        self.server.bucket.add(self.key, self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200)

    def do_GET(self) -> None:
        if "versions" in self.query:
            self.list_versions()
        elif not self.key:
            self.answer(200, b"<ListBucketResult/>")
        elif (data := self.server.bucket.newest(self.key)) is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self.answer(200, data)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        bucket = self.server.bucket
        if "versionId" not in self.query:
            bucket.add(self.key, None)
        elif "delete" in bucket.forbidden:
            self.answer(403, FORBIDDEN)
            return
        else:
            bucket.remove(self.key, self.query["versionId"][0])
        self.answer(204)

    def list_versions(self) -> None:
        if "list" in self.server.bucket.forbidden:
            self.answer(403, FORBIDDEN)
            return
        prefix, after = (self.query.get(name, [""])[0] for name in ("prefix", "version-id-marker"))
        self.answer(200, self.server.bucket.listing(prefix, after).encode())

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/").partition("/")[2]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)


@contextmanager
def versioned_s3() -> Iterator[tuple[S3Server, VersionedBucket]]:
    """Serve one bucket, whatever it is called; give where, and the bucket."""
    bucket = VersionedBucket()
    with _Server(bucket) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield S3Server(f"http://127.0.0.1:{server.server_address[1]}", ACCESS_KEY, SECRET_KEY), bucket
        finally:
            server.shutdown()
            thread.join()
