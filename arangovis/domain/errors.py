"""The one error tree.

ArangovisError                      code
├── InvalidInput (ValueError)       invalid-input        what the caller sent is not right
│   ├── InvalidFilter               invalid-filter
│   ├── InvalidContent              invalid-content      a file or rows that can be read, but not taken
│   └── UnsupportedMedia            unsupported-media    not a format that is read here
├── TooLarge (ValueError)           too-large            over a documented limit
├── NotFound (KeyError)             not-found
│   └── Gone                        gone                 it was deleted; a tombstone is kept
│       └── RunGone                 run-gone             the run was deleted, so that nothing is added to it
├── Conflict                        conflict             the state of things forbids it
│   ├── AlreadyExists               already-exists       other content under the same name
│   ├── InUse                       in-use               something depends on it
│   ├── GateRefused                 gate-refused         a gate's condition does not hold
│   ├── RunReplaced                 run-replaced         the run is of another generation now
│   └── LeaseLost                   lease-lost           another attempt holds the run now
├── Unauthorized                    unauthorized
├── Forbidden                       forbidden
├── NotSupported                    not-supported        valid, but it makes no sense for this data
├── NoData                          no-data              nothing to compute on
├── Cancelled                       cancelled            the run was cancelled while it computed
├── IntegrityError                  integrity            stored bytes differ from their digest
├── StoreUnavailable                store-unavailable    the store did not answer; trying again may help
│   └── TooManyRequests             too-many-requests    more at once than one caller may ask; wait and try again
│       └── Overloaded              overloaded           more than the server can do now, of all callers together
├── MissingExtra (ImportError)      missing-extra        a library of an extra is not installed
└── ComputeFailed                   compute-failed       a library raised while computing

HTTP statuses are in `arangovis_api.errors` only.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where, and what would be right."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


class ArangovisError(Exception):
    """The root. Its text is meant for the person who caused it: no paths, no secrets."""

    code = "error"

    @property
    def detail(self) -> str:
        """The text without the quotes that KeyError adds."""
        return str(self.args[0]) if self.args else self.code


class InvalidInput(ArangovisError, ValueError):
    """What the caller sent is not right; `faults` names every field at fault."""

    code = "invalid-input"

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults

    @classmethod
    def of(cls, *faults: Fault) -> "InvalidInput":
        """Build one error from all the faults found; its message joins them by line."""
        return cls("\n".join(str(fault) for fault in faults), faults)


class InvalidFilter(InvalidInput):
    """A filter expression that cannot be read."""

    code = "invalid-filter"


class InvalidContent(InvalidInput):
    """A file or rows that can be read, but whose content cannot be taken."""

    code = "invalid-content"


class UnsupportedMedia(InvalidInput):
    """A format that this place does not read."""

    code = "unsupported-media"


class TooLarge(ArangovisError, ValueError):
    """Over a documented limit."""

    code = "too-large"


class NotFound(ArangovisError, KeyError):
    """No such thing."""

    code = "not-found"


class Gone(NotFound):
    """It was deleted; its tombstone can still be asked for."""

    code = "gone"


class RunGone(Gone):
    """The run was deleted: nothing can be added to it."""

    code = "run-gone"


class Conflict(ArangovisError):
    """The state of things forbids it."""

    code = "conflict"


class AlreadyExists(Conflict):
    """There is other content under the same name."""

    code = "already-exists"


class InUse(Conflict):
    """Something depends on it; `dependants` are node ids as text."""

    code = "in-use"

    def __init__(self, message: str, dependants: tuple[str, ...]) -> None:
        super().__init__(message)
        self.dependants = dependants


class RunReplaced(Conflict):
    """The run is of another generation now: what belongs to this one is not taken."""

    code = "run-replaced"


class GateRefused(Conflict):
    """A gate's condition does not hold; the text names what failed."""

    code = "gate-refused"


class LeaseLost(Conflict):
    """Another attempt holds the run now, or it has ended."""

    code = "lease-lost"


class Unauthorized(ArangovisError):
    """No token, or not a valid one."""

    code = "unauthorized"


class Forbidden(ArangovisError):
    """The caller may not do this."""

    code = "forbidden"


class NotSupported(ArangovisError):
    """Valid, but it makes no sense for this data or model."""

    code = "not-supported"


class NoData(ArangovisError):
    """There is nothing to compute on."""

    code = "no-data"


class Cancelled(ArangovisError):
    """The run was cancelled while it computed."""

    code = "cancelled"


class IntegrityError(ArangovisError):
    """Stored bytes differ from their digest, or are missing."""

    code = "integrity"


class StoreUnavailable(ArangovisError):
    """The store did not answer; trying again may help."""

    code = "store-unavailable"


class TooManyRequests(StoreUnavailable):
    """The caller asks for more at once than one may; `retry_after_s` says how long to wait."""

    code = "too-many-requests"

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(TooManyRequests):
    """The server has more to do than it can; nothing was done of this request."""

    code = "overloaded"


class MissingExtra(ArangovisError, ImportError):
    """A library of an extra is not installed."""

    code = "missing-extra"


class ComputeFailed(ArangovisError):
    """A library raised while computing."""

    code = "compute-failed"
