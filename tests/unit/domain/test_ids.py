"""Ids are parsed and printed in one place."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.domain.ids import KEY_LENGTH_MAX, NodeId, named_id, time_ordered_id

kinds = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.@+=-]{0,40}", fullmatch=True).filter(lambda key: ".." not in key)


@given(kinds, keys)
def test_what_is_printed_is_parsed(kind: str, key: str) -> None:
    node_id = NodeId.of(kind, key)
    assert str(node_id) == f"{kind}/{key}"
    assert NodeId.parse(str(node_id)) == node_id


@given(st.text(max_size=30))
def test_any_text_is_an_id_or_a_fault_that_names_its_part(text: str) -> None:
    fields: list[str] = []
    try:
        printed = str(NodeId.parse(text))
    except InvalidInput as error:
        fields = [fault.field for fault in error.faults]
        printed = text
    assert printed == text
    assert fields in ([], ["id"], ["kind"], ["key"])


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "id"),
        ("dataset", "id"),
        ("/key", "kind"),
        ("Dataset/key", "kind"),
        ("data-set/key", "kind"),
        ("1dataset/key", "kind"),
        ("dataset\n/key", "kind"),
        ("x" * 64 + "/key", "kind"),
        ("dataset/", "key"),
        ("dataset/a/b", "key"),
        ("dataset/../../etc/passwd", "key"),
        ("dataset/..", "key"),
        ("dataset/a..b", "key"),
        ("dataset/.hidden", "key"),
        ("dataset/a b", "key"),
        ("dataset/a\x00", "key"),
        ("dataset/key\n", "key"),
        ("dataset/ä", "key"),
        ("dataset/%2e%2e", "key"),
        ("dataset/" + "x" * (KEY_LENGTH_MAX + 1), "key"),
    ],
)
def test_what_is_no_id_names_the_part_at_fault(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        NodeId.parse(text)
    assert [fault.field for fault in refusal.value.faults] == [field]
    assert len(str(refusal.value)) < 250


def test_the_longest_key_is_taken() -> None:
    assert len(NodeId.of("dataset", "x" * KEY_LENGTH_MAX).key) == KEY_LENGTH_MAX


def test_ids_are_values_that_sort() -> None:
    first, second = NodeId("dataset", "a"), NodeId("run", "A")
    assert sorted({second, first, NodeId("dataset", "a")}) == [first, second]


# --- named things ---------------------------------------------------------------------------------------------------


def test_a_named_id_is_the_same_for_the_same_name_for_ever() -> None:
    assert str(named_id("dataset", "vision", "digits")) == "dataset/900087deec5864985b6de50f48cdbec4"


@given(st.tuples(st.sampled_from(["dataset", "model"]), st.none() | st.text(), st.text(), st.none() | st.text()))
def test_a_named_id_is_a_valid_id(parts: tuple[str, str | None, str, str | None]) -> None:
    node_id = named_id(*parts)
    assert NodeId.parse(str(node_id)) == node_id
    assert re.fullmatch("[0-9a-f]{32}", node_id.key)
    assert named_id(*parts) == node_id


def test_every_part_of_a_name_counts() -> None:
    ids = {
        named_id("dataset", "vision", "digits"),
        named_id("model", "vision", "digits"),
        named_id("dataset", "speech", "digits"),
        named_id("dataset", None, "digits"),
        named_id("dataset", "", "digits"),
        named_id("dataset", "vision", "digits", "1"),
        named_id("dataset", "vision", "digits", ""),
        named_id("dataset", "visiond", "igits"),
        named_id("dataset", "digits", "vision"),
    }
    assert len({node_id.key for node_id in ids}) == 9


# --- things in order of time ----------------------------------------------------------------------------------------


@given(st.integers(0, 2**48 * 1000 - 1))
def test_a_time_ordered_key_is_a_uuid_of_version_7_that_tells_its_time(now_us: int) -> None:
    node_id = time_ordered_id("run", now_us)
    uuid = UUID(node_id.key)
    assert str(uuid) == node_id.key
    assert uuid.bytes[6] >> 4 == 7
    assert uuid.bytes[8] >> 6 == 0b10
    assert uuid.int >> 80 == now_us // 1000
    assert NodeId.parse(str(node_id)) == node_id


def test_time_ordered_keys_are_unique_and_sort_by_time() -> None:
    now_us = 1_700_000_000_000_000
    at_once = {time_ordered_id("run", now_us).key for _ in range(10_000)}
    assert len(at_once) == 10_000
    assert max(at_once) < time_ordered_id("run", now_us + 1000).key


def test_all_random_bits_of_a_time_ordered_key_are_used() -> None:
    values = [UUID(time_ordered_id("run", 0).key).int for _ in range(200)]
    seen_one = seen_zero = 0
    for value in values:
        seen_one |= value
        seen_zero |= ~value
    fixed = (0xF << 76) | (0b11 << 62)
    random_bits = ((1 << 80) - 1) & ~fixed
    assert seen_one & random_bits == random_bits
    assert seen_zero & random_bits == random_bits
