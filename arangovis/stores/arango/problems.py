"""The one table from what goes wrong on the way to ArangoDB, or there, to errors of the domain.

The server's own messages are not passed on: they may hold values and names of hosts.
"""

from arangovis.domain.errors import (
    AlreadyExists,
    ArangovisError,
    Conflict,
    InvalidInput,
    NotFound,
    StoreUnavailable,
    TooLarge,
)


class Unanswered(Exception):
    """The request was sent, and there was no answer: whether it was carried out is not known."""


class Collision(Conflict):
    """Another writer was there first; to be tried again."""


class Missing(StoreUnavailable):
    """The database, or a collection of it, has not been set up."""


_COLLISIONS = {18, 28, 29, 1200, 1210, 1579, 1650, 1651, 1653, 1655}
"""Lock timeouts and deadlocks, write-write conflicts, an equal key at once, a transaction that is gone."""

UNKNOWN = "the store did not answer; it is not known whether the change was made"

_SET_UP = "the store's database has not been set up; run `arangovis init`"

_PROBLEMS: dict[int, ArangovisError] = {
    11: StoreUnavailable("the store refuses the user or the password"),
    401: StoreUnavailable("the store refuses the user or the password"),
    403: StoreUnavailable("the store does not let the user do this"),
    1004: StoreUnavailable("the store is read-only"),
    32: TooLarge("the store has not enough memory for this"),
    413: TooLarge("the store does not take so much at once"),
    412: Conflict("it was changed meanwhile"),
    1202: NotFound("there is no such document in the store"),
    1203: Missing(_SET_UP),
    1216: TooLarge("the store does not take a document of this size"),
    1221: InvalidInput("the store does not take this key"),
    1228: Missing(_SET_UP),
    1233: InvalidInput("the store does not take these ends of an edge"),
    1500: StoreUnavailable("the store took too long and gave up"),
    1620: InvalidInput("the store's schema does not take this document"),
    1924: Missing(_SET_UP),
}


def problem_of(number: int, status: int) -> ArangovisError:
    """Return the error to raise for the server's error number and HTTP status; each call returns a new one."""
    if number == 1200 and status == 412:
        number = 412
    if number in _COLLISIONS:
        return Collision("another writer was there first")
    known = _PROBLEMS.get(number) or _PROBLEMS.get(status)
    if known is not None:
        return type(known)(*known.args)
    return StoreUnavailable(f"the store answered with error {number}")


def existing() -> AlreadyExists:
    """Return the error for a node whose id was just made and which is there."""
    return AlreadyExists("a node that the action made is there already")
