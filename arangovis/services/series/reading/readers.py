"""Readers of many runs whose place is kept here, so that they need not bring a cursor for each run.

A reader's token is its id and the number of the answer that it has. The places after the answer before that one are
kept too, until the reader asks with the next: so an answer that was lost on the way is given again, and nothing is
skipped.
"""

import base64
import re
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from arangovis.domain.errors import Fault, Gone, InvalidInput
from arangovis.domain.graph import Caller, Record
from arangovis.domain.json import Document
from arangovis.domain.views import mapping
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

READER = "reader"
EXPIRES_AFTER_US = 3600 * 1_000_000
"""A reader that asks for nothing so long is forgotten."""
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,15})\Z")

Cursors = Mapping[str, str]
"""By key of a run, the cursor of what was read of it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, the number of the answer that it has, and where it stands after that."""

    key: str
    step: int
    cursors: Cursors
    question: str
    due: int = 0
    """When it is forgotten, microseconds since 1970."""

    @property
    def token(self) -> str:
        """What the reader brings to go on from here."""
        return f"{self.key}.{self.step}"


class Readers:
    """Keeps readers for a while."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def new(self, question: str) -> Reader:
        """Return a reader that has nothing; it is kept from its first answer on."""
        return Reader(secrets.token_hex(16), 0, {}, question)

    def find(self, token: str) -> Reader:
        """Return the reader of a token.

        Raises:
            Gone: it was forgotten, or went on to later answers.
            InvalidInput: it is no token.

        """
        found = _TOKEN.match(token)
        if found is None:
            raise InvalidInput.of(Fault("token", "is not a token that an answer ended with"))
        key, step = found[1], int(found[2])
        record = self._store.record(READER, key)
        packed = None if record is None else mapping(record.data, "steps").get(str(step))
        if record is None or not isinstance(packed, str) or record.due < self._store.now():
            raise Gone("the token was not used for too long, or a later one was; ask again without it")
        return Reader(key, step, _unpacked(packed), str(record.data.get("question")), record.due)

    def advance(self, reader: Reader, cursors: Cursors, caller: Caller) -> Reader:
        """Keep where a reader stands after its next answer, beside where it stood before."""
        after = Reader(reader.key, reader.step + 1, cursors, reader.question)
        steps: Document = {str(one.step): _packed(one.cursors) for one in (reader, after)}

        def action(transaction: Transaction) -> None:
            data: Document = {"steps": steps, "question": reader.question}
            transaction.put_record(Record(READER, reader.key, due=transaction.now + EXPIRES_AFTER_US, data=data))

        self._store.transact(action, caller)
        return after

    def stay(self, reader: Reader, caller: Caller) -> None:
        """Remember a reader for which there is nothing new for longer; written seldom, since it asks often."""

        def action(transaction: Transaction) -> None:
            record = transaction.record(READER, reader.key)
            if record is not None:
                transaction.put_record(replace(record, due=transaction.now + EXPIRES_AFTER_US))

        if reader.due < self._store.now() + EXPIRES_AFTER_US // 2:
            self._store.transact(action, caller)


def _packed(cursors: Cursors) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps(dict(cursors)), 1)).decode()


def _unpacked(packed: str) -> Cursors:
    cursors: Cursors = orjson.loads(zlib.decompress(base64.b64decode(packed)))
    return cursors
