"""A server of S3 as the store needs it: few requests, in our words, with our errors. The one module with boto3 in it.

All methods raise StoreUnavailable, with the setting to look at, when the server does not answer or refuses.

What must hold on servers that leave out parts of the protocol: no `If-None-Match`, no checksums but Content-MD5,
which every one of them checks, and never two parts of an upload on their way at a time.
"""

import hashlib
import os
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from arangovis.artifacts.s3.place import S3Place
from arangovis.artifacts.s3.problems import problem_of
from arangovis.artifacts.s3.reader import Opened
from arangovis.domain.errors import NotFound, StoreUnavailable

POOL_CONNECTIONS = 32
REGION_DEFAULT = "us-east-1"
"""Requests are signed with a region, which most servers but that of AWS do not look at."""
_GONE = ("404", "NoSuchKey", "NotFound")
_NO_UPLOAD = ("NoSuchUpload", "404")
_NO_VERSIONS = ("NotImplemented", "501")
"""How a server answers that keeps none; one that may keep some must say which."""
_WITH_LENGTH = (
    "GetObject",
    "HeadObject",
    "ListObjectsV2",
    "ListObjectVersions",
    "ListMultipartUploads",
    "CreateMultipartUpload",
)
"""What is answered with a length by every server; that of HEAD of a bucket may be missing."""
_LENGTHS = ("Content-Length", "Transfer-Encoding")
_CUT = b"<Error><Code>RequestTimeout</Code></Error>"
"""What boto3 repeats whatever the request."""
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, and how often a request is sent in all.

    Between attempts the client waits longer and longer: by chance up to 1, 2, 4... seconds.
    """

    connect_s: float = 5.0
    read_s: float = 30.0
    attempts: int = 4


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is listed; `modified` in microseconds since 1970."""

    key: str
    bytes: int
    modified: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload; `begun` in microseconds since 1970, 0 for one of our own."""

    key: str
    id: str
    begun: int = 0


class S3Client:
    """Requests to one bucket. Any thread and any process may use it."""

    def __init__(self, place: S3Place, patience: Patience) -> None:
        self._place = place
        self._patience = patience
        self._made: tuple[int, Any] | None = None  # the process that made it, and boto3's client
        self._bucket_seen = False

    def make_bucket(self) -> None:
        """Make the bucket if it is not there."""
        with self.speaking(*_GONE):
            self._boto.head_bucket(Bucket=self._place.bucket)
            return
        region = self._boto.meta.region_name
        options = {} if region == REGION_DEFAULT else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with self.speaking("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            self._boto.create_bucket(Bucket=self._place.bucket, **options)
        with self.speaking():
            self._boto.head_bucket(Bucket=self._place.bucket)  # another may have made it meanwhile

    # --- objects ----------------------------------------------------------------------------------------------

    def size(self, key: str) -> int | None:
        """Return how many bytes an object has, or None if there is none."""
        with self.speaking(*_GONE):
            size = int(self._boto.head_object(**self._object(key))["ContentLength"])
            self._bucket_seen = True
            return size
        self._check_bucket()
        return None

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one request. The server refuses bytes that arrive damaged."""
        with self.speaking():
            self._boto.put_object(**self._object(key), Body=data, ContentMD5=_md5(data))

    def fetch(self, key: str, position: int) -> Opened:
        """Open an object from a position on.

        Raises:
            NotFound: there is none.

        """
        wanted = {"Range": f"bytes={position}-"} if position else {}
        with self.speaking("NoSuchKey"):
            answer = self._boto.get_object(**self._object(key), **wanted)
            body = _Body(self, answer["Body"])
            begin, total = _extent(answer)
            if begin == position:
                return Opened(body, total)
            body.close()
            raise StoreUnavailable("the S3 server does not give the part of an object that it was asked for")
        raise NotFound(f"there is no blob {key.rpartition('/')[2][:12]}")

    def remove(self, key: str) -> None:
        """Remove an object; one that is not there stays not there."""
        with self.speaking("NoSuchKey"):
            self._boto.delete_object(**self._object(key))

    def remove_versions(self, key: str) -> None:
        """Remove what a bucket with versioning keeps of a removed object; its marks last, or it would show again."""
        pages = list(self._pages("list_object_versions", key, *_NO_VERSIONS))
        for kind in ("Versions", "DeleteMarkers"):
            for found in (found for page in pages for found in page.get(kind, ()) if found["Key"] == key):
                with self.speaking("NoSuchVersion", *_GONE):
                    self._boto.delete_object(**self._object(key), VersionId=found["VersionId"])

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Walk the objects whose keys begin with the prefix, a page of the listing at a time."""
        for page in self._pages("list_objects_v2", prefix):
            for found in page.get("Contents", ()):
                yield StoredObject(found["Key"], int(found["Size"]), _microseconds(found["LastModified"]))

    # --- multipart uploads ------------------------------------------------------------------------------------

    def begin(self, key: str) -> Upload:
        """Begin an upload. Nothing of it is seen before it is completed."""
        with self.speaking():
            return Upload(key, self._boto.create_multipart_upload(**self._object(key))["UploadId"])

    def send(self, upload: Upload, number: int, data: bytes) -> str:
        """Send a part, numbered from 1; return the server's tag for it."""
        part = {"UploadId": upload.id, "PartNumber": number, "Body": data, "ContentMD5": _md5(data)}
        with self.speaking():
            return str(self._boto.upload_part(**self._object(upload.key), **part)["ETag"])

    def complete(self, upload: Upload, tags: Sequence[str]) -> None:
        """Make the object of its parts; look whether it is there after this.

        If the first answer was lost, the repeated request finds no upload, which is no error.
        """
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        with self.speaking(*_NO_UPLOAD):
            self._boto.complete_multipart_upload(
                **self._object(upload.key), UploadId=upload.id, MultipartUpload={"Parts": parts}
            )

    def abort(self, upload: Upload) -> bool:
        """Give an upload up with all its parts; return whether it was still there."""
        with self.speaking(*_NO_UPLOAD):
            self._boto.abort_multipart_upload(**self._object(upload.key), UploadId=upload.id)
            return True
        return False

    def uploads(self, prefix: str) -> Iterator[Upload]:
        """Walk the uploads that are not completed.

        Some servers list none, and end them by themselves; rclone's answers so where there never was one.
        """
        for page in self._pages("list_multipart_uploads", prefix, *_NO_UPLOAD):
            for found in page.get("Uploads", ()):
                yield Upload(found["Key"], found["UploadId"], _microseconds(found["Initiated"]))

    # --- boto3 ------------------------------------------------------------------------------------------------

    @property
    def _boto(self) -> Any:
        """The client of this process: no connection crosses a fork. That two threads may make it twice is no harm."""
        if self._made is None or self._made[0] != os.getpid():
            self._made = os.getpid(), _connected(self._place, self._patience)
        return self._made[1]

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": key}

    def _pages(self, operation: str, prefix: str, *passed_over: str) -> Iterator[dict[str, Any]]:
        pages: Iterator[dict[str, Any]] = iter(())
        with self.speaking():
            pages = iter(self._boto.get_paginator(operation).paginate(Bucket=self._place.bucket, Prefix=prefix))
        while True:
            page = None
            with self.speaking(*passed_over):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _check_bucket(self) -> None:
        """Raise if it is the bucket that is not there: HEAD of an object does not say."""
        if self._bucket_seen:
            return
        with self.speaking():
            self._boto.list_objects_v2(Bucket=self._place.bucket, MaxKeys=1)
        self._bucket_seen = True

    @contextmanager
    def speaking(self, *passed_over: str) -> Iterator[None]:
        """Turn what boto3 raises into our errors, but end the block at these codes of the server."""
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code not in passed_over:
                raise StoreUnavailable(problem_of(code, self._place)) from error
        except (BotoCoreError, HTTPError) as error:  # the latter while a body is read
            raise StoreUnavailable(problem_of(type(error).__name__, self._place)) from error


class _Body:
    """The bytes of an answer, with our errors."""

    def __init__(self, client: S3Client, body: Any) -> None:
        self._client = client
        self._body = body

    def read(self, size: int) -> bytes:
        with self._client.speaking():
            return bytes(self._body.read(size))

    def close(self) -> None:
        self._body.close()


def _connected(place: S3Place, patience: Patience) -> Any:
    """Make a client, in a session of its own: the default one is not safe among threads."""
    session = Session()
    region = place.region or session.region_name or REGION_DEFAULT
    config = Config(
        connect_timeout=patience.connect_s,
        read_timeout=patience.read_s,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        s3={"addressing_style": place.addressing},
        max_pool_connections=POOL_CONNECTIONS,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client = session.client("s3", region_name=region, endpoint_url=place.endpoint or None, config=config)
    for operation in _WITH_LENGTH:
        client.meta.events.register(f"before-parse.s3.{operation}", _refuse_a_cut_head)
    return client


def _refuse_a_cut_head(response_dict: dict[str, Any], **_: Any) -> None:
    """Take a success that does not say how long it is for none, which boto3 then asks for again.

    The connection ended in its head. The library under boto3 passes it on as a whole answer without a body: a listing
    of nothing, or an object without a length.
    """
    if response_dict["status_code"] in (200, 206) and not any(name in response_dict["headers"] for name in _LENGTHS):
        response_dict.update(status_code=503, body=_CUT)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code") or "an unknown error")


def _extent(answer: dict[str, Any]) -> tuple[int, int]:
    """Return where an answer begins and how long the whole object is."""
    found = _CONTENT_RANGE.match(answer.get("ContentRange", ""))
    return (int(found[1]), int(found[2])) if found else (0, int(answer["ContentLength"]))


def _md5(data: bytes) -> str:
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
