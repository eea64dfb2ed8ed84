"""Objects of a bucket by their own keys, for reading only: files that people keep there."""

from functools import partial

from arangovis.artifacts.s3.client import Patience, S3Client
from arangovis.artifacts.s3.place import S3Place
from arangovis.artifacts.s3.reader import S3Reader


class S3Objects:
    """The objects of one bucket. All methods raise StoreUnavailable if the server refuses or does not answer."""

    def __init__(self, place: S3Place, *, patience: Patience | None = None) -> None:
        self._client = S3Client(place, patience or Patience())

    def size(self, key: str) -> int | None:
        """Return how many bytes an object has, or None if there is none."""
        return self._client.size(key)

    def open(self, key: str) -> S3Reader:
        """Open an object; where the server breaks off, the rest is asked for again.

        Raises:
            NotFound: there is none.

        """
        return S3Reader(partial(self._client.fetch, key))
