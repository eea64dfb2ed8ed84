"""Record kinds: unversioned bookkeeping beside the graph.

A record has a deterministic key, so two writers of one key collide on every store without a unique index.
`group` and `due` are its two indexed columns: a scan walks one group in order of `due`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record and what its two indexed columns mean."""

    name: str
    description: str
    group: str
    due: str


RESERVATION = RecordKind("reservation", "A name taken by a node.", "its namespace", "unused")
SEQUENCE = RecordKind("sequence", "The last number handed out.", "unused", "unused")
LEASE = RecordKind(
    "lease",
    "An open run of a worker: who holds it, until when, how far it is.",
    "the run's method and priority",
    "when it may be claimed: its queue time while pending, the lease's end while held",
)
BLOB = RecordKind(
    "blob", "Stored bytes.", "staged, kept or doomed", "staged: kept until; else: when the right to remove them ends"
)
SEGMENT = RecordKind("segment", "One segment of a data set's manifest.", "the data set's key", "its number, from 1")
IDEMPOTENCY = RecordKind("idempotency", "The answer given to a request key.", "unused", "when it may be forgotten")
KIND = RecordKind("kind", "A vertex or edge kind that a user declared.", "vertex or edge", "unused")
ROW_FILTER = RecordKind(
    "row_filter",
    "Which row ids a snapshot, a segment or a file may hold: a Bloom filter.",
    "the key of the data set that the rows are of; empty for a file",
    "unused",
)
WORKER = RecordKind("worker", "A running worker.", "unused", "when it counts as lost")

CHUNK = RecordKind(
    "chunk",
    "Rows that one logger sent to one series.",
    "the key of the series data and the logger",
    "the last of its sequence numbers",
)
SERIES_HEAD = RecordKind(
    "series_head",
    "How far one logger has come in one series.",
    "the key of the series data",
    "when it last moved, microseconds since 1970",
)
SERIES_WORK = RecordKind(
    "series_work", "Rows of a series that are to be merged or dropped.", "unused", "when that may be done"
)

READER = RecordKind(
    "reader", "How far a reader of many runs has come.", "unused", "when it may be forgotten, unless it asks again"
)

SESSION = RecordKind(
    "session",
    "The processes that log one external run.",
    "watched or resting",
    "watched: when the run counts as lost",
)

FEED = RecordKind(
    "feed",
    "How far a reader of all changes has come, such as one that tells them to others.",
    "unused",
    "when its next round may begin",
)

SCHEDULE = RecordKind(
    "schedule", "When a schedule fires next, and how it went so far.", "on or off", "when it fires next"
)
WEBHOOK = RecordKind("webhook", "The secret that a webhook signs with; no answer shows it.", "unused", "unused")
DELIVERY = RecordKind("delivery", "A message that waits to be sent to a webhook.", "unused", "when it is sent next")
DELIVERED = RecordKind(
    "delivered",
    "A message that a webhook took, or that was given up.",
    "the key of its webhook",
    "when it may be forgotten",
)
UPKEEP = RecordKind("upkeep", "What the last round of housekeeping found and removed.", "unused", "unused")

TOKEN = RecordKind("token", "A bearer token, without its secret: a hash of it.", "unused", "unused")
SIGN_IN = RecordKind("sign_in", "A sign-in of the page: a hash of what its cookie holds.", "unused", "when it ends")

ERASURE = RecordKind(
    "erasure",
    "A person whose rows were erased, by a keyed hash: it is done again where they come back.",
    "begun or done",
    "when it was asked for, microseconds since 1970",
)
ERASED = RecordKind(
    "erased",
    "Bytes that rows were erased from, and what they became.",
    "the key of the erasure, or again: a run made the same bytes of rows that are left",
    "when that was",
)

STORE = RecordKind("store", "What tells this store from every other one.", "unused", "unused")
COPY = RecordKind("copy", "Of which store this one is a copy, and how far it came.", "unused", "unused")

RECORD_KINDS = (
    RESERVATION,
    SEQUENCE,
    LEASE,
    BLOB,
    SEGMENT,
    IDEMPOTENCY,
    KIND,
    ROW_FILTER,
    WORKER,
    CHUNK,
    SERIES_HEAD,
    SERIES_WORK,
    READER,
    SESSION,
    FEED,
    SCHEDULE,
    WEBHOOK,
    DELIVERY,
    DELIVERED,
    UPKEEP,
    TOKEN,
    SIGN_IN,
    ERASURE,
    ERASED,
    STORE,
    COPY,
)
