"""Operators and access, by the examples and rules of the pages named at each table."""

from typing import Any

import pytest

from tests.unit.arango_simulator.aql_world import AqlWorld, value_of, warnings_of

COMPARISONS = [  # page "Operators", comparison operators
    ("0 == null", False),
    ("1 > 0", True),
    ("true != null", True),
    ("45 <= 'yikes!'", True),
    ("65 != '65'", True),
    ("65 == 65", True),
    ("65 == 65.0", True),
    ("1.23 > 1.32", False),
    ("1.5 IN [2, 3, 1.5]", True),
    ("'foo' IN null", False),
    ("42 NOT IN [17, 40, 50]", True),
    ("'abc' == 'abc'", True),
    ("'abc' == 'ABC'", False),
    ("'foo' LIKE 'f%'", True),
    ("'foo' NOT LIKE 'f%'", False),
    ("'foo' =~ '^f[o].$'", True),
    ("'foo' !~ '[a-z]+bar$'", True),
    ("'abc' LIKE '_bc'", True),
    (r"'a_b_foo' LIKE 'a\\_b\\_foo'", True),
    (r"'axb_foo' LIKE 'a\\_b\\_foo'", False),
    ("'ABC' LIKE 'a%'", False),
    ("5 LIKE 5", False),
]

ARRAY_COMPARISONS = [  # page "Operators", array comparison operators
    ("[1, 2, 3] ALL IN [2, 3, 4]", False),
    ("[1, 2, 3] ALL IN [1, 2, 3]", True),
    ("[1, 2, 3] NONE IN [3]", False),
    ("[1, 2, 3] NONE IN [23, 42]", True),
    ("[1, 2, 3] ANY IN [4, 5, 6]", False),
    ("[1, 2, 3] ANY IN [1, 42]", True),
    ("[1, 2, 3] ANY == 2", True),
    ("[1, 2, 3] ANY == 4", False),
    ("[1, 2, 3] ANY > 0", True),
    ("[1, 2, 3] ANY <= 1", True),
    ("[1, 2, 3] NONE < 99", False),
    ("[1, 2, 3] NONE > 10", True),
    ("[1, 2, 3] ALL > 2", False),
    ("[1, 2, 3] ALL > 0", True),
    ("[1, 2, 3] ALL >= 3", False),
    ("['foo', 'bar'] ALL != 'moo'", True),
    ("['foo', 'bar'] NONE == 'bar'", False),
    ("['foo', 'bar'] ANY == 'foo'", True),
    ("['foo', 'bar'] ALL NOT IN ['moo']", True),
    ("[1, 2, 3] AT LEAST (2) IN [2, 3, 4]", True),
    ("['foo', 'bar'] AT LEAST (1+1) == 'foo'", False),
    ("[1, 2, 3] AT LEAST (2) > 1", True),
    ("[1, 2] any == 2 && [1] all == 1", True),
]

LOGIC = [  # page "Operators", logical operators, ternary operator
    ("25 > 1 && 42 != 7", True),
    ("22 IN [23, 42] || 23 NOT IN [22, 7]", True),
    ("25 != 25", False),
    ("1 || 7", 1),
    ("null || 'foo'", "foo"),
    ("null && true", None),
    ("true && 23", 23),
    ("1 || ! 0", 1),
    ("NOT []", False),
    ("NOT ''", True),
    ("!!'non-empty string'", True),
    ("not not 1", True),
    ("true ? 1 : 2", 1),
    ("null ? 1 : 2", 2),
    ("0 ? : 'value is null, 0 or not present'", "value is null, 0 or not present"),
    ("7 ?: 8", 7),
    ("false ? 1 : true ? 2 : 3", 2),
    ("1 > 15 || 2 == 2 ? 'yes' : 'no'", "yes"),
]

ARITHMETIC = [  # page "Operators", arithmetic operators
    ("1 + 'a'", 1),
    ("1 + '99'", 100),
    ("1 + null", 1),
    ("null + 1", 1),
    ("3 + []", 3),
    ("24 + [2]", 26),
    ("24 + [2, 4]", 24),
    ("25 - null", 25),
    ("17 - true", 16),
    ("23 * {}", 0),
    ("5 * [7]", 35),
    ("24 / '12'", 2),
    ("1 / 0", None),
    ("1 % 0", None),
    ("23 % 7", 2),
    ("-23 % 7", -2),
    ("-15", -15),
    ("+9.99", 9.99),
    ("+'5'", 5),
    ("-[8]", -8),
    ("-[8, 9]", 0),
    ("1 + 2 * 3 - 4 / 2", 5),
    ("(1 + 2) * 3", 9),
    ("- 2 + 3", 1),
    ("7 / 2", 3.5),
    ("9223372036854775807 + 1", 9.223372036854775807e18),
    ("' 12 ' + 1", 13),
    ("'1e3' + 1", 1001),
    ("'0x10' + 1", 1),
]

PRECEDENCE = [  # page "Operators", operator precedence
    ("1 + 1 == 2 && 2 * 2 == 4", True),
    ("true || false && false", True),
    ("NOT true || true", True),
    ("1 < 2 == true", True),
    ("1..1 + 2", [1, 2, 3]),
    ("2 IN 1..3", True),
    ("3 > 2 IN [true]", True),
    ("NOT 1 IN [false]", True),
]

LITERALS = [  # page "Data types"
    ("0x1F", 31),
    ("0b101", 5),
    (".5", 0.5),
    ("-4.87e3", -4870.0),
    ("1E2", 100.0),
    ("'it\\'s'", "it's"),
    ('"a\\n\\"b\\""', 'a\n"b"'),
    (r'"\u00e9\ud83e\udd51"', "é🥑"),
    ("[1, [2, 3,],]", [1, [2, 3]]),
    ("{a: 1, 'b c': 2, `d-e`: 3, [CONCAT('f', 'g')]: 4, @h: 5,}", {"a": 1, "b c": 2, "d-e": 3, "fg": 4, "h": 5}),
    ("{ } == { a: null }", True),
    ("2010..2013", [2010, 2011, 2012, 2013]),
    ("3..1", [3, 2, 1]),
    ("1.9..3.2", [1, 2, 3]),
    ("null", None),
    ("TRUE", True),
    ("/* a comment */ 1 // and one more", 1),
]

ACCESS = [  # pages "Data types", "Operators", "Array operators", "Bind parameters"
    ("{a: {b: 1}}.a.b", 1),
    ("{a: {b: 1}}['a']['b']", 1),
    ("{a: {b: 1}}.@path", 1),
    ("{a: 1}.missing.more", None),
    ("[1, 2, 3][0]", 1),
    ("[1, 2, 3][-1]", 3),
    ("[1, 2, 3][3]", None),
    ("[1, 2, 3][-4]", None),
    ("'text'.length", None),
    ("{`in`: 1}.`in`", 1),
    ("[{a: 1}, {a: 2}, {}][*].a", [1, 2, None]),
    ("[{a: [{b: 1}, {b: 2}]}, {a: [{b: 3}]}][*].a[*].b", [[1, 2], [3]]),
    ("null[*].a", []),
    ("[[1, 2], 3, [4, 5], 6][** FILTER CURRENT % 2 == 0]", [2, 4, 6]),
    ("[[1, [2]], [[3]]][***]", [1, 2, 3]),
    ("[[1, 2], [3]][*][0]", [1, 3]),
    ("([[1, 2], [3]][*])[0]", [1, 2]),
    ("[1, 2, 3, 4][* FILTER CURRENT > 1 LIMIT 1, 2 RETURN CURRENT * 10]", [30, 40]),
    ("[1, 2, 3][* LIMIT 2]", [1, 2]),
    ("[1, 2, 3, 4][? 2 FILTER CURRENT % 2 == 0]", True),
    ("[1, 2, 3, 4][? 3..4 FILTER CURRENT % 2 == 0]", False),
    ("[1, 2][? ALL FILTER CURRENT > 0]", True),
    ("[1, 2][? NONE FILTER CURRENT > 2]", True),
    ("[1, 2][? FILTER CURRENT > 1]", True),
    ("[1, 2, 3][? AT LEAST (2) FILTER CURRENT > 1]", True),
    ("[][?]", False),
    ("[0][?]", True),
    ("[[1, 2], [3]][* RETURN CURRENT[* FILTER CURRENT > 1]]", [[2], [3]]),
]

BINDS = {"h": "h", "path": ["a", "b"]}


@pytest.mark.parametrize(
    ("expression", "expected"),
    COMPARISONS + ARRAY_COMPARISONS + LOGIC + ARITHMETIC + PRECEDENCE + LITERALS + ACCESS,
)
def test_an_expression_gives_what_the_documentation_says(expression: str, expected: Any) -> None:
    binds = {name: value for name, value in BINDS.items() if f"@{name}" in expression}
    value = value_of(expression, binds)
    assert value == expected
    assert isinstance(value, bool) is isinstance(expected, bool)


def test_a_division_by_zero_is_a_warning() -> None:
    assert warnings_of("1 / 0") == [1562]


def test_and_or_and_the_ternary_evaluate_what_they_need_only() -> None:
    assert value_of("false && FAIL()") is False
    assert value_of("true || FAIL()") is True
    assert value_of("true ? 1 : FAIL()") == 1
    assert value_of("false && LENGTH(FOR i IN 1..2 RETURN FAIL()) > 0") is False


def test_the_users_of_the_array_operator_page() -> None:
    # page "Array operators"
    users = [
        {"name": "john", "age": 35, "friends": [{"name": "tina", "age": 43}, {"name": "helga", "age": 52}]},
        {"name": "yves", "age": 24, "friends": [{"name": "sergei", "age": 27}, {"name": "tiffany", "age": 25}]},
    ]
    world = AqlWorld(users=users)
    query = "FOR u IN users SORT u.name RETURN u.friends[* FILTER CURRENT.age > @age].name"
    assert world.rows(query, {"age": 26}) == [["tina", "helga"], ["sergei"]]
    query = "FOR u IN users SORT u.name RETURN u.friends[* FILTER CURRENT.age > u.age + 2 LIMIT 1 RETURN CURRENT.name]"
    assert world.rows(query) == [["tina"], ["sergei"]]
    query = "RETURN (FOR u IN users SORT u.name RETURN u.friends[*].name)[**]"
    assert world.rows(query) == [["tina", "helga", "sergei", "tiffany"]]
