"""The case table of CSV detection: what a well-known parser was seen to do, or a documented better answer."""

import io

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.tabular.frames import FrameReader, GuessHints, guess, read_frame

INT, REAL, LEVELS, TIME, TEXT, UUID, BOOL = "int", "real", "categorical", "time", "text", "uuid", "bool"

CASES: list[tuple[int, str, dict[str, str], int]] = [
    (1, "a/1/2.5/-3e2", {"a": REAL}, 3),
    (2, "p,c/10%,$5/20%,$6.5", {"p": REAL, "c": REAL}, 2),  # better: keeps its header
    (3, "a/1/2/3", {"a": INT}, 3),
    (4, "e/x/y/x/y/x", {"e": LEVELS}, 5),  # better: keeps its header
    (5, "e/" + "/".join(f"u{n}" for n in range(50)), {"e": TEXT}, 50),  # better: keeps its header
    (6, "e/" + "/".join([f"u{n}" for n in range(19)] + ["u18"]), {"e": TEXT}, 20),  # 19 of 20 differ: 95 %
    (7, "e/" + "/".join([f"u{n}" for n in range(18)] + ["u17", "u17"]), {"e": LEVELS}, 20),
    (8, "e/x/x/x", {"e": LEVELS}, 3),
    (9, "e/1/2/3/x/y", {"e": INT}, 5),
    (10, "e/1/x/y/z/y", {"e": LEVELS}, 5),
    (11, "e/NA/NA/NA", {"e": REAL}, 3),  # better: a column of which nothing is known is not a level NA
    (12, "e/1/2/NA/NA/3", {"e": INT}, 5),
    (13, "e/x/NA/x/NA", {"e": LEVELS}, 4),
    (14, "t/2020-01-02/2020-01-03", {"t": TIME}, 2),
    (15, "t/2020-01-02 03:04:05/2020-01-03 03:04:05", {"t": TIME}, 2),  # better: one column
    (16, "t/2020-01-02T03:04:05Z/2020-01-03T03:04:05Z", {"t": TIME}, 2),  # better: times
    (17, "t/01/02/2020".replace("01/02/2020", "01~02~2020"), {"t": TIME}, 1),
    (18, "t/02-Jan-2020/05-Mar-21", {"t": TIME}, 2),
    (19, "u/6f9619ff-8b86-d011-b42d-00cf4fc964ff/6F9619FF-8B86-D011-B42D-00CF4FC964FE", {"u": UUID}, 2),
    (20, "b/true/false/true", {"b": BOOL}, 3),  # better: truths, and keeps its header
    (21, "e,f/a,0/0,0/b,0", {"e": TEXT, "f": INT}, 3),  # better: 0 is not proposed as missing
    (22, "a;b/1;2/3;4", {"a": INT, "b": INT}, 2),
    (23, "a\tb/1\t2/3\t4", {"a": INT, "b": INT}, 2),
    (24, "a|b/1|2/3|4", {"a": INT, "b": INT}, 2),
    (25, "a b/1 2/3  4", {"a": INT, "b": INT}, 2),
    (26, "a\x01b/1\x012/3\x014", {"a": INT, "b": INT}, 2),
    (27, "1,2/3,4", {"C1": INT, "C2": INT}, 2),
    (28, "2/3", {"C1": INT}, 2),
    (29, "x,y/a,b/c,d/a,b", {"x": LEVELS, "y": LEVELS}, 3),  # better: keeps its header
    (30, "a,b", {"a": REAL, "b": REAL}, 0),
    (32, "a,,c/1,2,3", {"a": INT, "C2": INT, "c": INT}, 1),
    (33, 'a,b/"x, ""q"" y",1/"line\nbreak",2', {"a": TEXT, "b": INT}, 2),
    (34, "a,b/'x,y',1/'z,w',2", {"a": TEXT, "b": TEXT, "C3": INT}, 2),  # single quotes are letters
    (35, "# hi/a,b/1,2/#3,4/5,6", {"a": INT, "b": INT}, 2),
    (36, "a,b//1,2//3,4/", {"a": INT, "b": INT}, 2),
    (37, "\ufeffa,b/1,2/3,4", {"a": INT, "b": INT}, 2),  # better: the mark is no part of the name
    (38, "é,b/ü,1/ß,2/ü,2", {"é": LEVELS, "b": INT}, 3),
    (39, "a/9007199254740993/9223372036854775807/9223372036854775808", {"a": TEXT}, 3),  # better: exact
    (40, "a/0x1F/0x2A", {"a": TEXT}, 2),  # better: keeps its header
    (41, "a/9007199254740993/9223372036854775807", {"a": INT}, 2),  # better: exact
    (42, "a/1/inf/-inf/3/4", {"a": REAL}, 5),  # better: infinite, so that a scorer can say so
    (43, "a/1e308/-1e308/1e400", {"a": REAL}, 3),
    (44, "zip/00123/00456", {"zip": TEXT}, 2),  # better: zeros are kept
    (45, "a/" + "1/" * 60_000 + "x/" * 5, {"a": INT}, 60_005),
]


def body(text: str) -> bytes:
    return text.replace("/", "\n").replace("~", "/").encode()


def values(reader: FrameReader) -> dict[str, list[object]]:
    page = reader.page()
    return {name: list(column) for name, column in zip(page.names, page.columns, strict=True)}


@pytest.mark.parametrize(("number", "text", "kinds", "rows"), CASES, ids=[str(case[0]) for case in CASES])
def test_a_case_of_the_table(number: int, text: str, kinds: dict[str, str], rows: int) -> None:
    setup = guess(body(text))
    assert {column.name: str(column.kind) for column in setup.columns} == kinds
    frame = read_frame(body(text), setup).frame
    assert {column.name: str(column.kind) for column in frame.columns} == kinds
    assert frame.rows == rows


def test_case_31_a_name_that_is_there_twice() -> None:
    with pytest.raises(InvalidInput) as caught:
        guess(b"a,b,a,b\n1,2,3,4\n")
    assert [fault.field for fault in caught.value.faults] == ["a", "b"]


def test_case_46_bytes_that_are_no_text() -> None:
    with pytest.raises(InvalidInput, match="is not text"):
        guess(bytes(range(256)) * 10)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only\n# comments\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        guess(data)


def test_an_empty_file_is_refused_by_the_parser_too() -> None:
    with pytest.raises(InvalidInput, match="is empty"):
        read_frame(b"", guess(b"a\n1\n"))


def test_values_of_the_improved_cases() -> None:
    assert values(read_frame(body("p,c/10%,$5/20%,$6.5"))) == {"p": [0.1, 0.2], "c": [5.0, 6.5]}
    assert values(read_frame(body("t/2020-01-02 03:04:05/2020-01-03T03:04:05+01:00")))["t"] == [
        "2020-01-02T03:04:05Z",
        "2020-01-03T02:04:05Z",
    ]
    assert values(read_frame(body("zip/00123/00456")))["zip"] == ["00123", "00456"]
    assert values(read_frame(body("a/9007199254740993/9223372036854775807")))["a"] == [2**53 + 1, 2**63 - 1]
    assert values(read_frame(body("b/true/FALSE/")))["b"] == [True, False]
    assert values(read_frame(body("a/1/inf/-inf/nan/4")))["a"] == [1.0, float("inf"), float("-inf"), None, 4.0]
    assert values(read_frame(body("e/1/2/NA/NA/3")))["e"] == [1, 2, None, None, 3]
    assert values(read_frame(body("e,f/a,0/0,0/b,0")))["e"] == ["a", "0", "b"]


def test_a_header_of_words_over_words() -> None:
    assert guess(b"name,city\nalice,paris\nbob,rome\n").warnings[0].kind == "header_unsure"
    assert guess(b"name,city\nalice,paris\nbob,rome\n").names == ("C1", "C2")
    assert guess(b"name,city\nalice,paris\nbob,rome\n", GuessHints(header=True)).names == ("name", "city")
    assert guess(b"a,b\na,c\nb,a\n").names == ("C1", "C2")


def test_dates_with_slashes() -> None:
    assert guess(b"t\n01/02/2020\n03/04/2020\n").warnings[0].kind == "ambiguous_dates"
    assert values(read_frame(b"t\n01/02/2020\n03/04/2020 1:05 PM\n"))["t"] == [
        "2020-01-02T00:00:00Z",
        "2020-03-04T13:05:00Z",
    ]
    setup = guess(b"t\n13/02/2020\n03/04/2020\n")
    assert setup.columns[0].day_first
    assert not setup.warnings
    assert values(read_frame(b"t\n13/02/2020\n03/04/2020\n", setup))["t"][1] == "2020-04-03T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-01", "2020-01-01T00:00:00Z"),
        ("2020-1-2", "2020-01-02T00:00:00Z"),
        ("20200102-03:04:05", "2020-01-02T03:04:05Z"),
        ("02-Jan-20", "2020-01-02T00:00:00Z"),
        ("02-JAN-1999 03:04", "1999-01-02T03:04:00Z"),
        ("99-Dec", "1999-12-01T00:00:00Z"),
        ("12:00 AM", "1970-01-01T00:00:00Z"),
        ("03:04:05.25", "1970-01-01T03:04:05.250000Z"),
        ("2020-01-02 03:04:05.123456-0530", "2020-01-02T08:34:05.123456Z"),
    ],
)
def test_times_that_are_accepted(text: str, instant: str) -> None:
    assert values(read_frame(f"t\n{text}\n{text}\n".encode())) == {"t": [instant, instant]}


@pytest.mark.parametrize(
    "text", ["2020-02-30", "25:00", "13:00 PM", "2020-01-02T03:04:05.1234567Z", "1-2-3", "2020-13"]
)
def test_times_that_are_none(text: str) -> None:
    assert str(guess(f"t\n{text}\n{text}\n".encode(), GuessHints(header=True)).columns[0].kind) not in (TIME, REAL, INT)


def test_encodings() -> None:
    text = "name,n\nMüller,1\nGrün,2\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        data = text.encode(encoding)
        assert values(read_frame(data))["name"] == ["Müller", "Grün"], encoding
    assert guess(text.encode("cp1252")).dialect.encoding == "cp1252"


def test_separators_that_nearly_fit() -> None:
    assert guess(b"a;b\n1,5;2,5\n3,5;4,5\n").dialect.separator == ";"
    assert guess(b"word\nhello world\nfoo bar\n").dialect.separator == ","
    assert guess(b'a,b\n"x;y;z",1\n"u;v;w",2\n').dialect.separator == ","
    assert guess(b"a\n1\n", GuessHints(separator=";")).dialect.separator == ";"
    assert guess(io.BytesIO(b"when,n\n2020-01-02 03:04,1\n2020-01-02 03:05,2\n")).names == ("when", "n")
