"""Persons by the hash of a value, and texts without them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.erasure import ERASED_TEXT, Subject
from arangovis.domain.erasure_texts import erased_text

WORDS = st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_subject_is_named_by_its_value_alone(value: str, other: str) -> None:
    subject = Subject.of("who", value)
    assert subject.is_named_by(value)
    assert subject.is_named_by(other) == (other == value)
    assert value not in (subject.key, subject.salt)


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_are_one_person_however_they_are_stored(number: int) -> None:
    subject = Subject.of("who", str(number))
    assert subject.is_named_by(number)
    assert subject.is_named_by(float(number))
    assert not subject.is_named_by(number + 0.5 if abs(number) < 2**50 else number + 2)
    assert not subject.is_named_by(None)


def test_two_erasures_of_one_person_have_nothing_in_common() -> None:
    first, second = Subject.of("who", "ada"), Subject.of("who", "ada")
    assert {first.salt, first.key}.isdisjoint({second.salt, second.key})


@given(st.lists(WORDS, max_size=12), WORDS, st.sampled_from([" ", ", ", "\n", " <", "> "]))
def test_words_that_name_somebody_go_and_the_others_stay(words: list[str], name: str, between: str) -> None:
    text = between.join([*words, name, *words])
    found = erased_text(text, Subject.of("who", name).is_named_by)
    assert name not in re.findall(r"\w+", found.replace(ERASED_TEXT, ""))
    kept = [word for word in [*words, *words] if word != name]
    assert re.findall(r"\w+", found.replace(ERASED_TEXT, " ")) == re.findall(r"\w+", " ".join(kept))


def test_a_name_of_several_words_goes_as_one() -> None:
    names = Subject.of("who", "Ada King").is_named_by
    assert erased_text("seen: (Ada King), twice; Ada is not King", names) == (
        f"seen: ({ERASED_TEXT}), twice; Ada is not King"
    )
    assert erased_text("Ada King", names) == ERASED_TEXT
