"""The processes that log a run, and until when one of them must be heard of: a record beside the run's node.

A session that is known is never begun again, so a request that is delivered twice does not open a run that has ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arangovis.domain.errors import TooLarge
from arangovis.domain.graph import Record
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.domain.views import integer, items, optional_text, text
from arangovis.stores.transaction import Transaction

WATCHED, RESTING = "watched", "resting"
SESSIONS_MAX = 4096
"""Of one run, over all its generations."""

_SEVERITY = (RunState.SUCCESS, RunState.NO_DATA, RunState.NOT_SUPPORTED, RunState.CANCELLED, RunState.ERROR)


@dataclass(frozen=True, slots=True)
class Session:
    """One process at a run: open while `state` is None. One that another resumed from is `superseded`."""

    id: str
    generation: int
    state: RunState | None = None
    reason: str | None = None
    message: str | None = None
    superseded: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it may still log."""
        return self.state is None and not self.superseded

    def document(self) -> Document:
        """Return it as JSON; what is not set is left out."""
        given: dict[str, object] = {
            "id": self.id,
            "generation": self.generation,
            "state": None if self.state is None else self.state.value,
            "reason": self.reason,
            "message": self.message,
            "superseded": self.superseded or None,
        }
        return {name: value for name, value in given.items() if value is not None}  # type: ignore[misc]

    @classmethod
    def of(cls, document: Document) -> "Session":
        """Read what `document` wrote."""
        state = optional_text(document, "state")
        return cls(
            text(document, "id"),
            integer(document, "generation"),
            None if state is None else RunState(state),
            optional_text(document, "reason"),
            optional_text(document, "message"),
            superseded=document.get("superseded") is True,
        )


@dataclass(frozen=True, slots=True)
class Sessions:
    """All sessions of a run. While it is watched, it counts as lost at `due` (microseconds since 1970)."""

    run: NodeId
    due: int = 0
    is_watched: bool = False
    all: tuple[Session, ...] = ()

    def find(self, session: str | None) -> Session | None:
        """Return a session, or None if it is not known."""
        return next((known for known in self.all if known.id == session), None)

    def open_in(self, generation: int) -> Sequence[Session]:
        """Return the open sessions of a generation."""
        return [known for known in self.all if known.is_open and known.generation == generation]

    def worst_in(self, generation: int) -> Session | None:
        """Return the session of a generation that ended worst, or None if none has ended."""
        ended = [s for s in self.all if s.state is not None and not s.superseded and s.generation == generation]
        return max(ended, key=lambda s: _SEVERITY.index(s.state or RunState.SUCCESS), default=None)

    def begun(self, session: Session, due: int | None) -> "Sessions":
        """Return them with one more.

        Raises:
            TooLarge: there are too many.

        """
        if len(self.all) >= SESSIONS_MAX:
            raise TooLarge(f"{self.run} was begun, joined or resumed {SESSIONS_MAX} times, which is the most")
        return self.watched(due, all_of_them=(*self.all, session))

    def superseded(self) -> "Sessions":
        """Return them, none of them counting any more."""
        return replace(self, all=tuple(replace(known, superseded=True) for known in self.all))

    def ended(self, session: Session) -> "Sessions":
        """Return them with one of them in its last state."""
        return replace(self, all=tuple(session if known.id == session.id else known for known in self.all))

    def watched(self, due: int | None, all_of_them: tuple[Session, ...] | None = None) -> "Sessions":
        """Return them with another time to count as lost at; None leaves it as it is."""
        known = self.all if all_of_them is None else all_of_them
        if due is None:
            return replace(self, all=known)
        return replace(self, all=known, due=due, is_watched=True)

    def resting(self) -> "Sessions":
        """Return them with nobody waiting for a sign of life."""
        return replace(self, is_watched=False)

    def record(self) -> Record:
        """Return the record to store."""
        data: Document = {"run": str(self.run), "sessions": [known.document() for known in self.all]}
        return Record("session", self.run.key, WATCHED if self.is_watched else RESTING, self.due, data)

    @classmethod
    def of(cls, record: Record) -> "Sessions":
        """Read them from their record."""
        known = tuple(Session.of(item) for item in items(record.data, "sessions") if isinstance(item, Mapping))
        return cls(NodeId.parse(text(record.data, "run")), record.due, record.group == WATCHED, known)


def sessions_of(transaction: Transaction, run: NodeId) -> Sessions:
    """Read the sessions of a run inside an action; none for a run that was logged in another way."""
    record = transaction.record("session", run.key)
    return Sessions(run) if record is None else Sessions.of(record)
