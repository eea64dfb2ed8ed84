"""Functions, by the examples of the pages "Array functions", "Document functions", "String functions" and so on."""

import math
from typing import Any

import pytest

from tests.arango_simulator.aql.functions import FUNCTIONS, NOT_IMPLEMENTED
from tests.unit.arango_simulator.aql_world import AqlWorld, value_of, warnings_of

ARRAYS = [
    ("APPEND([1, 2, 3], [5, 6, 9])", [1, 2, 3, 5, 6, 9]),
    ("APPEND([1, 2, 3], [3, 4, 5, 2, 9], true)", [1, 2, 3, 4, 5, 9]),
    ("APPEND([1], 2)", [1, 2]),
    ("APPEND(null, [1])", [1]),
    ("APPEND([1, 1], [], true)", [1, 1]),
    ("COUNT_DISTINCT(['yes', 'no', 'yes', 'sauron', 'no', 'yes'])", 3),
    ("COUNT_UNIQUE([1, 1.0, '1'])", 2),
    ("FIRST([1, 2, 3])", 1),
    ("FIRST([])", None),
    ("FLATTEN([1, 2, [3, 4], 5, [6, 7], [8, [9, 10]]])", [1, 2, 3, 4, 5, 6, 7, 8, [9, 10]]),
    ("FLATTEN([1, 2, [3, 4], 5, [6, 7], [8, [9, 10]]], 2)", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ("INTERLEAVE([1], [2, 2], [3, 3, 3])", [1, 2, 3, 2, 3, 3]),
    ("SORTED(INTERSECTION([1,2,3,4,5], [2,3,4,5,6], [3,4,5,6,7]))", [3, 4, 5]),
    ("INTERSECTION([2,4,6], [8,10,12], [14,16,18])", []),
    ("JACCARD([1,2,3,4], [3,4,5,6])", 2 / 6),
    ("JACCARD([], [])", 1),
    ("LAST([1,2,3,4,5])", 5),
    ("LENGTH('🥑')", 1),
    ("LENGTH(1234)", 4),
    ("LENGTH([1,2,3,4,5,6,7])", 7),
    ("LENGTH(false)", 0),
    ("LENGTH(true)", 1),
    ("LENGTH(null)", 0),
    ("LENGTH({a:1, b:2, c:3, d:4, e:{f:5,g:6}})", 5),
    ("COUNT('foobar')", 6),
    ("SORTED(MINUS([1,2,3,4], [3,4,5,6], [5,6,7,8]))", [1, 2]),
    ("NTH(['foo', 'bar', 'baz'], 2)", "baz"),
    ("NTH(['foo', 'bar', 'baz'], 3)", None),
    ("NTH(['foo', 'bar', 'baz'], -1)", None),
    ("SORTED(OUTERSECTION([1, 2, 3], [2, 3, 4], [3, 4, 5]))", [1, 5]),
    ("POP([1, 2, 3, 4])", [1, 2, 3]),
    ("POP([])", []),
    ("SHIFT([1, 2, 3, 4])", [2, 3, 4]),
    ("POSITION([2,4,6,8], 4)", True),
    ("POSITION([2,4,6,8], 4, true)", 1),
    ("CONTAINS_ARRAY([2,4], 5, true)", -1),
    ("PUSH([1, 2, 3], 4)", [1, 2, 3, 4]),
    ("PUSH([1, 2, 2, 3], 2, true)", [1, 2, 2, 3]),
    ("PUSH(null, 'swimming')", ["swimming"]),
    ("REMOVE_NTH(['a', 'b', 'c', 'd', 'e'], 1)", ["a", "c", "d", "e"]),
    ("REMOVE_NTH(['a', 'b', 'c', 'd', 'e'], -2)", ["a", "b", "c", "e"]),
    ("REPLACE_NTH(['a', 'b', 'c'], 1, 'z')", ["a", "z", "c"]),
    ("REPLACE_NTH(['a', 'b', 'c'], 3, 'z')", ["a", "b", "c", "z"]),
    ("REPLACE_NTH(['a', 'b', 'c'], 6, 'z', 'y')", ["a", "b", "c", "y", "y", "y", "z"]),
    ("REPLACE_NTH(['a', 'b', 'c'], -1, 'z')", ["a", "b", "z"]),
    ("REPLACE_NTH(['a', 'b', 'c'], -9, 'z')", ["z", "b", "c"]),
    ("REMOVE_VALUE(['a', 'b', 'b', 'a', 'c'], 'a')", ["b", "b", "c"]),
    ("REMOVE_VALUE(['a', 'b', 'b', 'a', 'c'], 'a', 1)", ["b", "b", "a", "c"]),
    ("REMOVE_VALUES(['a', 'a', 'b', 'c', 'd', 'e', 'f'], ['a', 'f', 'd'])", ["b", "c", "e"]),
    ("REVERSE([2,4,6,8,10])", [10, 8, 6, 4, 2]),
    ("REVERSE('foobar')", "raboof"),
    ("SLICE([1, 2, 3, 4, 5], 0, 1)", [1]),
    ("SLICE([1, 2, 3, 4, 5], 1, 2)", [2, 3]),
    ("SLICE([1, 2, 3, 4, 5], 3)", [4, 5]),
    ("SLICE([1, 2, 3, 4, 5], 1, -1)", [2, 3, 4]),
    ("SLICE([1, 2, 3, 4, 5], 0, -2)", [1, 2, 3]),
    ("SLICE([1, 2, 3, 4, 5], -3, 2)", [3, 4]),
    ("SORTED([8,4,2,10,6])", [2, 4, 6, 8, 10]),
    ("SORTED_UNIQUE([8,4,2,10,6,2,8,6,4])", [2, 4, 6, 8, 10]),
    ("SORTED(UNION([1, 2, 3], [1, 2]))", [1, 1, 2, 2, 3]),
    ("SORTED(UNION_DISTINCT([1, 2, 3], [1, 2]))", [1, 2, 3]),
    ("SORTED(UNIQUE([1,2,2,3,3,3,4,4,4,4]))", [1, 2, 3, 4]),
    ("UNSHIFT([1, 2, 3], 4)", [4, 1, 2, 3]),
    ("UNSHIFT([1, 2, 3], 2, true)", [1, 2, 3]),
]

OBJECTS = [
    ("ATTRIBUTES({foo: 'bar', _key: '123', _custom: 'yes'}, true)", ["foo"]),
    ("ATTRIBUTES({foo: 'bar', _key: '123', _custom: 'yes'}, false, true)", ["_custom", "_key", "foo"]),
    ("ENTRIES({foo: 'bar', _key: '123'})", [["foo", "bar"], ["_key", "123"]]),
    ("[HAS({name: 'Jane'}, 'name'), HAS({name: 'Jane'}, 'age'), HAS({name: null}, 'name')]", [True, False, True]),
    ("IS_SAME_COLLECTION('_users', '_users/my-user')", True),
    ("IS_SAME_COLLECTION('_users', {_id: 'something/else'})", False),
    ("KEEP({foo: {bar: {foo: 1, baz: 2}, baz: 3}, baz: 4}, 'baz')", {"baz": 4}),
    ("KEEP({foo: 1, bar: 2, baz: 3}, ['foo', 'baz'])", {"foo": 1, "baz": 3}),
    ("KEEP_RECURSIVE({foo: {bar: {foo: 1, baz: 2}, baz: 3}, baz: 4}, 'foo', 'bar')", {"foo": {"bar": {"foo": 1}}}),
    ("KEEP_RECURSIVE({foo: {bar: {foo: 1, baz: 2}, baz: 3}, baz: 4}, 'bar')", {}),
    ("MATCHES({name: 'jane', age: 27, active: true}, {age: 27, active: true})", True),
    ("MATCHES({test: 1}, [{test: 1, foo: 'bar'}, {foo: 1}, {test: 1}], true)", 2),
    ("MERGE({user1: {name: 'Jane'}}, {user2: {name: 'Tom'}})", {"user1": {"name": "Jane"}, "user2": {"name": "Tom"}}),
    ("MERGE({users: {name: 'Jane'}}, {users: {name: 'Tom'}})", {"users": {"name": "Tom"}}),
    ("MERGE([{foo: 'bar'}, {quux: 1, ruled: true}, {bar: 'baz', foo: 'done'}])",
     {"foo": "done", "quux": 1, "ruled": True, "bar": "baz"}),
    ("MERGE_RECURSIVE({u: {name: 'Jane', livesIn: {city: 'LA'}}}, {u: {age: 42, livesIn: {state: 'CA'}}})",
     {"u": {"name": "Jane", "age": 42, "livesIn": {"city": "LA", "state": "CA"}}}),
    ("PARSE_COLLECTION('_users/my-user')", "_users"),
    ("PARSE_KEY({_id: 'mycollection/mykey', value: 'some value'})", "mykey"),
    ("PARSE_IDENTIFIER('_users/my-user')", {"collection": "_users", "key": "my-user"}),
    ("TRANSLATE('FR', {US: 'United States', FR: 'France'})", "France"),
    ("TRANSLATE(42, {foo: 'bar'})", 42),
    ("TRANSLATE(42, {foo: 'bar'}, 'not found!')", "not found!"),
    ("TRANSLATE(42, {'42': true})", True),
    ("UNSET({foo: 1, bar: 2, baz: 3}, 'foo', 'baz')", {"bar": 2}),
    ("UNSET({foo: 1, bar: 2, baz: 3}, ['foo', 'bar'])", {"baz": 3}),
    ("UNSET_RECURSIVE({foo: {bar: {foo: 1, baz: 2}, baz: 3}, baz: 4}, 'baz')", {"foo": {"bar": {"foo": 1}}}),
    ("VALUE({foo: [{bar: 'baz'}, {bar: {inner: true}}]}, ['foo', 1, 'bar'])", {"inner": True}),
    ("VALUES({_id: 'users/jane', name: 'Jane', age: 35}, true)", ["Jane", 35]),
    ("ZIP(['name', 'active', 'hobbies'], ['some user', true, ['swimming']])",
     {"name": "some user", "active": True, "hobbies": ["swimming"]}),
]  # fmt: skip

NUMBERS = [
    ("[ABS(-5), ABS(3.5)]", [5, 3.5]),
    ("[ACOS(-1), ACOS(2)]", [math.pi, None]),
    ("ATAN2(-10, 20)", -0.4636476090008061),
    ("AVERAGE([5, 2, 9, 2])", 4.5),
    ("AVERAGE([-3, -5, 2])", -2),
    ("AVG([null])", None),
    ("[CEIL(2.49), CEIL(-2.50)]", [3, -2]),
    ("[FLOOR(2.50), FLOOR(-2.50)]", [2, -3]),
    ("[ROUND(2.49), ROUND(2.50), ROUND(-2.50), ROUND(-2.51)]", [2, 3, -2, -3]),
    ("[DEGREES(3.141592653589793), RADIANS(180)]", [180, math.pi]),
    ("[EXP(0), EXP2(16)]", [1, 65536]),
    ("[LOG(0), LOG2(1024), LOG10(10000)]", [None, 10, 4]),
    ("MAX([5, 9, -2, null, 1])", 9),
    ("MAX([null, null])", None),
    ("MIN([5, 9, -2, null, 1])", -2),
    ("MEDIAN([4, 2, 3, 1])", 2.5),
    ("MEDIAN([999, 80, 4, 4, 4, 3, 3, 3])", 4),
    ("POW(2, 4)", 16),
    ("POW(5, -1)", 0.2),
    ("PRODUCT([null, -5, 6])", -30),
    ("PRODUCT([])", 1),
    ("RANGE(1, 4)", [1, 2, 3, 4]),
    ("RANGE(1, 4, 3)", [1, 4]),
    ("RANGE(1.5, 2.5)", [1, 2]),
    ("RANGE(1.5, 2.5, 0.5)", [1.5, 2, 2.5]),
    ("RANGE(-0.75, 1.1, 0.5)", [-0.75, -0.25, 0.25, 0.75]),
    ("[SQRT(9), SQRT(-1)]", [3, None]),
    ("STDDEV_POPULATION([1, 3, 6, 5, 2])", 1.854723699099141),
    ("SUM([1, 2, 3, 4])", 10),
    ("SUM([null, -5, 6])", 1),
    ("SUM([])", 0),
    ("VARIANCE_SAMPLE([1, 3, 6, 5, 2])", 4.3),
    ("VARIANCE([1])", 0),
    ("RAND() < 1", True),
]

STRINGS = [
    ("CHAR_LENGTH({foo: 'bar'})", 13),
    ("CONCAT('foo', 'bar', 'baz')", "foobarbaz"),
    ("CONCAT(null, false, 0, true, '')", "false0true"),
    ("CONCAT([5, 6], {foo: 'bar'})", '[5,6]{"foo":"bar"}'),
    ("CONCAT(['foo', 'bar', 'baz'])", "foobarbaz"),
    ("CONCAT([[5, 6], {foo: 'bar'}])", '[5,6]{"foo":"bar"}'),
    ("CONCAT_SEPARATOR(', ', 'foo', 'bar', 'baz')", "foo, bar, baz"),
    ("CONCAT_SEPARATOR(', ', [null, false, 0, true, ''])", "false, 0, true, "),
    ("[CONTAINS('foobarbaz', 'bar'), CONTAINS('foobarbaz', 'horse')]", [True, False]),
    ("[CONTAINS('foobarbaz', 'bar', true), CONTAINS('foobarbaz', 'horse', true)]", [3, -1]),
    ("ENCODE_URI_COMPONENT('fünf %')", "f%C3%BCnf%20%25"),
    ("[FIND_FIRST('foobarbaz', 'ba'), FIND_FIRST('foobarbaz', 'ba', 4), FIND_FIRST('foobarbaz', 'ba', 0, 3)]",
     [3, 6, -1]),
    ("[FIND_LAST('foobarbaz', 'ba'), FIND_LAST('foobarbaz', 'ba', 7), FIND_LAST('foobarbaz', 'ba', 0, 4)]", [6, -1, 3]),
    ("JSON_PARSE('[ true, false, null, -0.5 ]')", [True, False, None, -0.5]),
    ("JSON_PARSE('abc')", None),
    ("JSON_STRINGIFY([1, {'2': .5}])", '[1,{"2":0.5}]'),
    ("JSON_STRINGIFY('abc')", '"abc"'),
    ("[LEFT('foobar', 3), LEFT('foobar', 10)]", ["foo", "foobar"]),
    ("[RIGHT('foobar', 3), RIGHT('foobar', 10), RIGHT('foobar', 0)]", ["bar", "foobar", ""]),
    ("[LIKE('cart', 'ca_t'), LIKE('carrot', 'ca_t'), LIKE('carrot', 'ca%t')]", [True, False, True]),
    ("[LIKE('foo bar baz', 'bar'), LIKE('foo bar baz', '%bar%'), LIKE('bar', '%bar%')]", [False, True, True]),
    ("[LIKE('FoO bAr BaZ', 'fOo%bAz'), LIKE('FoO bAr BaZ', 'fOo%bAz', true)]", [False, True]),
    ("[LOWER('AVOcado'), UPPER('AVOcado')]", ["avocado", "AVOCADO"]),
    ("LTRIM('--==[foo-bar]==--', '-=[]')", "foo-bar]==--"),
    ("RTRIM('  foo bar  ')", "  foo bar"),
    ("[TRIM('  foo bar  '), TRIM('--x--', '-'), TRIM(' x ', 1), TRIM(' x ', 2)]", ["foo bar", "x", "x ", " x"]),
    ("MD5('foobar')", "3858f62230ac3c915f300c664312c63f"),
    ("SHA1('foobar')", "8843d7f92416211de9ebb963ff4ce28125932878"),
    ("SHA256('foobar')", "c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2"),
    ("LENGTH(RANDOM_TOKEN(8))", 8),
    ("REGEX_TEST('the quick brown fox', 'the.*fox')", True),
    ("REGEX_REPLACE('An Avocado', 'a', '_', true)", "_n _voc_do"),
    ("REGEX_SPLIT('hypertext language, programming', '[\\\\s, ]+')", ["hypertext", "language", "programming"]),
    ("REGEX_MATCHES('My-us3r_n4m3', '^[a-z0-9_-]{3,16}$', true)", ["My-us3r_n4m3"]),
    ("REGEX_MATCHES('x', 'y')", None),
    ("SPLIT('foo-bar-baz', '-')", ["foo", "bar", "baz"]),
    ("SPLIT('foo-bar-baz', '-', 1)", ["foo"]),
    ("SPLIT('foo, bar & baz', [', ', ' & '])", ["foo", "bar", "baz"]),
    ("SPLIT('abc', '')", ["a", "b", "c"]),
    ("[STARTS_WITH('foobar', 'foo'), STARTS_WITH('foobar', 'baz')]", [True, False]),
    ("[STARTS_WITH('foobar', ['bar', 'foo']), STARTS_WITH('foobar', ['bar', 'baz'])]", [True, False]),
    ("SUBSTITUTE('the quick brown foxx', 'quick', 'lazy')", "the lazy brown foxx"),
    ("SUBSTITUTE('the quick brown foxx', ['quick', 'foxx'], ['slow', 'dog'])", "the slow brown dog"),
    ("SUBSTITUTE('the quick brown foxx', ['the', 'foxx'], ['that', 'dog'], 1)", "that quick brown foxx"),
    ("SUBSTITUTE('the quick brown foxx', ['the', 'quick', 'foxx'], ['A', 'VOID!'])", "A VOID! brown "),
    ("SUBSTITUTE('the quick brown foxx', {quick: '', brown: null, foxx: 'ant'})", "the   ant"),
    ("SUBSTRING('Holy Guacamole!', 5)", "Guacamole!"),
    ("SUBSTRING('Holy Guacamole!', 10, 4)", "mole"),
    ("SUBSTRING('Holy Guacamole!', -5, 4)", "mole"),
    ("[TO_BASE64('ABC.'), TO_HEX('ABC.')]", ["QUJDLg==", "4142432e"]),
]  # fmt: skip

OTHERS = [
    ("FIRST_LIST(null, 'x', [1], [2])", [1]),
    ("FIRST_DOCUMENT([1], {a: 1})", {"a": 1}),
    ("NOT_NULL(null, null, 'x', 'y')", "x"),
    ("MIN_MATCH(LENGTH('Doug') == 5, 56 >= 50, true, 2)", True),
    ("[IN_RANGE(4, 3, 5, true, true), IN_RANGE(5, 3, 5, true, false)]", [True, False]),
    ("[NOOPT(1), PASSTHRU(2)]", [1, 2]),
    ("ASSERT(1 == 1, 'never')", True),
    ("HASH({a: 1, b: 2}) == HASH({b: 2, a: 1})", True),
    ("HASH('1') == HASH(1)", False),
    ("DATE_ISO8601(1399472349522)", "2014-05-07T14:19:09.522Z"),
    ("DATE_ISO8601('2014-05-07 14:19:09+02:00')", "2014-05-07T12:19:09.000Z"),
    ("DATE_TIMESTAMP('2014-05-07T14:19:09.522Z')", 1399472349522),
    ("DATE_TIMESTAMP(2014, 5, 7, 14, 19, 9, 522)", 1399472349522),
    ("[DATE_YEAR('2020-08-29'), DATE_MONTH('2020-08-29'), DATE_DAY('2020-08-29'), DATE_DAYOFWEEK('2020-08-29')]",
     [2020, 8, 29, 6]),
    ("DATE_ADD('2020-01-31T00:00:00Z', 36, 'hours')", "2020-02-01T12:00:00.000Z"),
    ("DATE_SUBTRACT('2020-01-31', 1, 'd')", "2020-01-30T00:00:00.000Z"),
    ("DATE_DIFF('2020-01-01', '2020-01-02T12:00', 'h')", 36),
    ("DATE_NOW() > 1700000000000", True),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), ARRAYS + OBJECTS + NUMBERS + STRINGS + OTHERS)
def test_a_function_gives_what_the_documentation_says(expression: str, expected: Any) -> None:
    value = value_of(expression)
    assert value == pytest.approx(expected) if isinstance(expected, float) else value == expected


@pytest.mark.parametrize(
    ("expression", "warning"),
    [
        ("FIRST(1)", 1563),
        ("MERGE({}, 1)", 1542),
        ("KEEP(1, 'a')", 1542),
        ("ZIP(['a'], [])", 1542),
        ("SUM(['a'])", 1542),
        ("UNION([1], 2)", 1542),
        ("PARSE_KEY('no id')", 1542),
        ("IS_SAME_COLLECTION('c', 5)", 1542),
        ("REGEX_TEST('a', '(')", 1543),
        ("'a' =~ '('", 1543),
        ("DATE_ISO8601('today')", 1572),
        ("DATE_ADD('2020', 1, 'fortnight')", 1572),
        ("RANGE(1, 2, 0)", 1542),
        ("REVERSE(1)", 1542),
    ],
)
def test_a_wrong_argument_gives_null_and_a_warning(expression: str, warning: int) -> None:
    assert value_of(expression) is None
    assert warnings_of(expression) == [warning]


def test_warn_assert_and_fail() -> None:
    # page "Miscellaneous functions", and "Error codes": 1569, 1593, 1594
    world = AqlWorld()
    result = world.run("FOR i IN 1..3 FILTER WARN(i < 3, 'too much') RETURN i")
    assert result.rows == [1, 2]
    assert result.warnings == [(1594, "too much")]
    assert world.refusal("FOR i IN 1..3 FILTER ASSERT(i < 3, 'too much') RETURN i") == 1593
    assert world.refusal("RETURN FAIL('no')") == 1569
    assert world.refusal("RETURN WARN(false, 'x')", fail_on_warning=True) == 1594


def test_document_by_id_and_by_collection_and_key() -> None:
    # page "Miscellaneous functions", DOCUMENT()
    world = AqlWorld(persons=[{"_key": "alice"}, {"_key": "bob"}])
    for query in (
        "RETURN DOCUMENT(persons, 'persons/alice')._key",
        "RETURN DOCUMENT(persons, 'alice')._key",
        "RETURN DOCUMENT('persons', 'alice')._key",
        "RETURN DOCUMENT('persons/alice')._key",
        "RETURN DOCUMENT(CONCAT('persons/', 'alice'))._key",
    ):
        assert world.rows(query) == ["alice"], query
    assert world.rows("RETURN DOCUMENT(@@coll, @key)._key", {"@coll": "persons", "key": "bob"}) == ["bob"]
    both = "RETURN SORTED(DOCUMENT(persons, ['alice', 'nobody', 'persons/bob'])[*]._key)"
    assert world.rows(both) == [["alice", "bob"]]
    assert world.rows("RETURN SORTED(DOCUMENT(['persons/alice', 'persons/x'])[*]._key)") == [["alice"]]
    assert world.rows("RETURN [DOCUMENT('persons/x'), DOCUMENT(persons, 'other/alice'), DOCUMENT('x')]") == [[None] * 3]
    assert [number for number, _ in world.run("RETURN DOCUMENT('nowhere/x')").warnings] == [1203]


def test_length_of_a_collection() -> None:
    world = AqlWorld(users=[{}, {}, {}])
    assert world.rows("RETURN [LENGTH(users), COUNT(users), COLLECTION_COUNT(users)]") == [[3, 3, 3]]


def test_names_and_numbers_of_arguments_are_checked() -> None:
    # page "Error codes": 1540, 1541, 1582
    world = AqlWorld()
    assert world.refusal("RETURN NO_SUCH_FUNCTION(1)") == 1540
    assert world.refusal("RETURN FIRST()") == 1541
    assert world.refusal("RETURN FIRST([], 1)") == 1541
    assert world.refusal("RETURN MY::FUNCTION(1)") == 1582
    assert world.refusal("RETURN GEO_DISTANCE(1, 2)") == 9
    assert world.rows("RETURN first([1])") == [1]


def test_no_function_is_both_there_and_not() -> None:
    assert not NOT_IMPLEMENTED & FUNCTIONS.keys()


def test_a_subquery_is_an_argument_without_brackets_of_its_own() -> None:
    # page "Document functions", MERGE()
    assert value_of("MERGE(FOR i IN 1..2 RETURN {[TO_STRING(i)]: i})") == {"1": 1, "2": 2}
