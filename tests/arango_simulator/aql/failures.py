"""The errors and warnings of AQL (page "Error codes and meanings", part "AQL errors")."""

from collections.abc import Mapping

from tests.arango_simulator.errors import ArangoError, error, not_implemented

__all__ = ["ArangoError", "failure", "not_implemented"]

PARSE = 1501
EMPTY = 1502
OUT_OF_RANGE = 1504
REDECLARED = 1511
UNDECLARED_COLLECTION = 1521
NESTING = 1524
UNKNOWN_OPTION = 1539
UNKNOWN_FUNCTION = 1540
ARGUMENT_NUMBER = 1541
ARGUMENT_TYPE = 1542
INVALID_REGEX = 1543
BIND_MISSING = 1551
BIND_UNDECLARED = 1552
BIND_TYPE = 1553
DIVISION_BY_ZERO = 1562
ARRAY_EXPECTED = 1563
COLLECTION_AS_OPERAND = 1568
FAIL_CALLED = 1569
INVALID_DATE = 1572
INVALID_AGGREGATE = 1574
OPTIONS_NOT_CONSTANT = 1575
AFTER_MODIFICATION = 1579
NO_USER_FUNCTION = 1582
USER_ASSERT = 1593
USER_WARN = 1594
NEGATIVE_WEIGHT = 1948

MEANINGS: Mapping[int, str] = {
    PARSE: "syntax error",
    EMPTY: "query is empty",
    OUT_OF_RANGE: "number out of range",
    REDECLARED: "variable '{}' is assigned multiple times",
    UNDECLARED_COLLECTION: "collection not known to traversal: '{}'. please add 'WITH {}' as first line in your AQL",
    NESTING: "too much nesting",
    UNKNOWN_FUNCTION: "usage of unknown function '{}()'",
    ARGUMENT_NUMBER: "invalid number of arguments for function '{}()'",
    ARGUMENT_TYPE: "invalid argument type in call to function '{}()'",
    INVALID_REGEX: "invalid regex value",
    BIND_MISSING: "no value specified for declared bind parameter '{}'",
    BIND_UNDECLARED: "bind parameter '{}' was not declared in the query",
    BIND_TYPE: "bind parameter '{}' has an invalid value or type",
    DIVISION_BY_ZERO: "division by zero",
    ARRAY_EXPECTED: "array expected",
    COLLECTION_AS_OPERAND: "collection '{}' used as expression operand",
    FAIL_CALLED: "FAIL({}) called",
    INVALID_DATE: "invalid date value",
    INVALID_AGGREGATE: "invalid aggregate expression",
    OPTIONS_NOT_CONSTANT: "query options expected to be known at compile time",
    UNKNOWN_OPTION: "invalid query option: {}",
    AFTER_MODIFICATION: "access after data-modification by {}",
    NO_USER_FUNCTION: "user function '{}()' not found",
    USER_ASSERT: "{}",
    USER_WARN: "{}",
    NEGATIVE_WEIGHT: "negative edge weight found",
}
_STATUS = {UNDECLARED_COLLECTION: 500, UNKNOWN_FUNCTION: 400, NO_USER_FUNCTION: 404}


def message(number: int, detail: str = "") -> str:
    """Return the text of an error or warning; the detail goes into the text's gap, or behind it."""
    meaning = MEANINGS[number]
    if "{}" in meaning:
        return meaning.replace("{}", detail)
    return f"{meaning}: {detail}" if detail else meaning


def failure(number: int, detail: str = "") -> ArangoError:
    """Return the error of a number with its documented status."""
    if number not in MEANINGS:
        return error(number, detail)
    return ArangoError(_STATUS.get(number, 400), number, message(number, detail))
