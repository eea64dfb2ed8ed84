"""The filter language: what is read, what is written back, what is refused."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidFilter
from arangovis.domain.filter_grammar import LENGTH_MAX, NESTING_MAX, TERMS_MAX, parse, to_text
from arangovis.domain.search import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Not,
    Operator,
    Present,
    matches,
    properties_of,
)
from arangovis_schema import BUILT_IN

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "reference" / "filter-language.md"
NOTHING = AnyOf(())


def equal(name: str, value: str | float) -> Comparison:
    return Comparison(name, Operator.EQUAL, value)


A, B, C = Present("a"), Present("b"), Present("c")

READ = [
    ("", EVERYTHING),
    (" \n", EVERYTHING),
    ("true", EVERYTHING),
    ("FALSE", NOTHING),
    ("x = 1", equal("x", 1)),
    ("x!=1", Comparison("x", Operator.NOT_EQUAL, 1)),
    ("x<1", Comparison("x", Operator.LESS, 1)),
    ("x <= -1", Comparison("x", Operator.LESS_EQUAL, -1)),
    ("x > .5", Comparison("x", Operator.GREATER, 0.5)),
    ("x >= 1e-3", Comparison("x", Operator.GREATER_EQUAL, 0.001)),
    ("x = +2.", equal("x", 2.0)),
    ("x = 9007199254740993", equal("x", 9007199254740993)),
    ("x = True", equal("x", True)),
    ("x = 'a \"b\"'", equal("x", 'a "b"')),
    (r'x = "\"\\\/\n\u00e9\ud83d\ude00"', equal("x", '"\\/\né😀')),
    ("x = ''", equal("x", "")),
    ("a exists", A),
    ("a not EXISTS", Not(A)),
    ("not a exists and b exists", AllOf((Not(A), B))),
    ("not (a exists and b exists)", Not(AllOf((A, B)))),
    ("not not a exists", Not(Not(A))),
    ("a exists or b exists and c exists", AnyOf((A, AllOf((B, C))))),
    ("(a exists or b exists) and c exists", AllOf((AnyOf((A, B)), C))),
    ("a exists AND b exists And c exists", AllOf((A, B, C))),
    ("((a exists))", A),
    ("x in (1, 'b')", AnyOf((equal("x", 1), equal("x", "b")))),
    ("x in (1)", equal("x", 1)),
    ("x in ()", NOTHING),
    ("x not in (1, 2)", Not(AnyOf((equal("x", 1), equal("x", 2))))),
    ("params.n_neighbours = 15", equal("params.n_neighbours", 15)),
    ("`params.learning rate` = 1", equal("params.learning rate", 1)),
    ("`a``b` exists", Present("a`b")),
    ("`in` exists", Present("in")),
    ("android = 1 and notable = 2", AllOf((equal("android", 1), equal("notable", 2)))),
    ("early-stopping.größe_2 = 1", equal("early-stopping.größe_2", 1)),
    ("metrics.2 = 1", equal("metrics.2", 1)),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_reads(text: str, where: Filter) -> None:
    assert repr(parse(text)) == repr(where)


REFUSED = [
    ("x", 2, "a comparison"),
    ("x =", 4, "a number, a quoted text, 'true' or 'false'"),
    ("x = y", 5, "found 'y'"),
    ("x == 1", 4, "found '='"),
    ("= 1", 1, "a name"),
    ("in = 1", 1, "a name"),
    ("x = 1 y = 2", 7, "'and', 'or' or the end"),
    ("x = 1 and", 10, "the filter ends"),
    ("(x = 1", 7, "expected ')'"),
    ("x = 1)", 6, "expected the end"),
    ("x in 1", 6, "expected '('"),
    ("x in (1 2)", 9, "a comma or ')'"),
    ("x in (1,)", 9, "a number"),
    ("x = 'open", 5, "a quoted text is not closed"),
    ("x = 'it''", 9, "a quoted text is not closed"),
    ("`open = 1", 1, "a quoted name is not closed"),
    ("x = 1 # y", 7, "found '#'"),
    ("x = 1.2.3", 8, "found '.3'"),
    (r"x = '\q'", 5, r"\q is not an escape"),
    (r"x = '\ud800'", 5, "surrogate"),
    ("x = 9223372036854775808", 5, "64 bits"),
    ("x = " + "9" * 9000, 5, "64 bits"),
    ("y = 1 or x = 1e999", 14, "not finite"),
    ("x\0", 2, r"found '\x00'"),
    ("not " * 2400 + "x = 1)", 9606, "found ')'"),
    ("(" * 4000 + "x", 4002, "the filter ends"),
]


@pytest.mark.parametrize(("text", "position", "reason"), REFUSED, ids=[text[:20] for text, *_ in REFUSED])
def test_says_where_it_cannot_read(text: str, position: int, reason: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert caught.value.detail.startswith(f"filter: at character {position}: ")
    assert reason in caught.value.detail
    assert [fault.field for fault in caught.value.faults] == ["filter"]


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ("x = '" + "a" * (LENGTH_MAX - 6) + "'", "x = '" + "a" * (LENGTH_MAX - 5) + "'"),
        (" or ".join(["x = 1"] * TERMS_MAX), " or ".join(["x = 1"] * (TERMS_MAX + 1))),
        (f"x in ({','.join(['1'] * TERMS_MAX)})", f"x in ({','.join(['1'] * (TERMS_MAX + 1))})"),
        ("not " * NESTING_MAX + "x exists", "not " * (NESTING_MAX + 1) + "x exists"),
        ("not " * NESTING_MAX + "x exists", "not " * 2400 + "x exists"),
    ],
    ids=["length", "terms", "members", "nesting", "far too deep"],
)
def test_limits(within: str, beyond: str) -> None:
    parse(within)
    with pytest.raises(InvalidFilter, match=r"longer than|more than"):
        parse(beyond)


def test_parentheses_alone_are_no_nesting() -> None:
    assert parse("(" * 3000 + "a exists" + ")" * 3000) == A


texts = st.text(max_size=20)
names = st.one_of(
    st.sampled_from(["state", "params.n_neighbours", "params.learning rate", "AND", "in", "exists", "`", "größe"]),
    st.text(min_size=1, max_size=12),
)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values = st.booleans() | numbers | texts
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Comparison, names, st.sampled_from(Operator), values),
    st.builds(Present, names),
    st.sampled_from([EVERYTHING, NOTHING]),
)


def grown(terms: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(terms, min_size=2, max_size=4).map(tuple)
    return st.builds(Not, terms) | st.builds(AllOf, several) | st.builds(AnyOf, several)


filters = st.recursive(leaves, grown, max_leaves=15)


@given(filters)
def test_reads_back_what_it_writes(where: Filter) -> None:
    # By repr, since 1 == 1.0 == True.
    assert repr(parse(to_text(where))) == repr(where)


@given(where=filters, joined=st.sampled_from([AllOf, AnyOf]))
def test_a_group_of_one_is_written_as_its_term(where: Filter, joined: type[AllOf]) -> None:
    assert parse(to_text(Not(joined((where,))))) == Not(where)


SYMBOLS = "and or not in exists true x `y_z` = != < >= ( ) , 1 -2.5e3 't' ` ' # . \\ \\u \" \0 \ud800"
symbols = st.sampled_from(SYMBOLS.split(" "))


@given(st.text() | st.text(alphabet=st.characters(), max_size=40) | st.lists(symbols, max_size=25).map(" ".join))
@example("x = '\ud800'")
@example("`\ud800` exists")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        where = parse(text)
    except InvalidFilter:
        return
    assert repr(parse(to_text(where))) == repr(where)


@pytest.mark.parametrize(
    "where",
    [
        equal("x", float("nan")),
        equal("x", float("inf")),
        equal("x", 2**63),
        equal("x", "\ud800"),
        Present("\ud800"),
        Not(AllOf((A, Present("")))),
    ],
    ids=repr,
)
def test_refuses_to_write_what_it_could_not_read(where: Filter) -> None:
    with pytest.raises(InvalidFilter):
        to_text(where)


RUN = {
    "method": "umap",
    "state": "SUCCESS",
    "params": {"n_neighbours": 15, "metric": "cosine", "learning rate": 0.5},
    "metrics": {"trustworthiness": 0.98, "loss": float("nan")},
    "tags": ["nightly", "digits"],
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("method = 'umap' and params.n_neighbours = 15.0", True),
        ("params.n_neighbours = '15'", False),
        ("`params.learning rate` < 1", True),
        ("tags in ('weekly', 'digits')", True),
        ("tags = 'nightly' and tags != 'nightly'", True),
        ("metrics.loss exists and not (metrics.loss < 1 or metrics.loss >= 1)", True),
        ("params.min_dist != 0.1", False),
        ("params.min_dist not exists", True),
        ("not params.min_dist = 0.1", True),
        ("false or state in ()", False),
        ("", True),
    ],
)
def test_means_what_search_means(text: str, found: bool) -> None:
    properties = tuple(properties_of(BUILT_IN.vertices["run"], RUN))
    assert matches(parse(text), properties) is found


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)\n```$", DOCUMENTATION.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", fenced("filter"))
def test_documented_examples_are_read(text: str) -> None:
    assert parse(to_text(parse(text))) == parse(text)


@pytest.mark.parametrize(("text", "answer"), list(zip(fenced("refused"), fenced("answer"), strict=True)))
def test_documented_refusals_are_answered_so(text: str, answer: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert caught.value.detail == answer


def test_documented_limits_are_those_in_force() -> None:
    text = DOCUMENTATION.read_text("utf-8")
    assert f"{LENGTH_MAX:,} characters, {TERMS_MAX} comparisons" in text
    assert f"{NESTING_MAX} levels" in text
    assert len(fenced("filter")) > 5
