"""What an `s3:` URL means, and what is refused, in words that name the setting."""

from contextlib import suppress
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.artifacts.s3.place import ADDRESSINGS, PREFIX_BYTES_MAX, S3Place, place_of
from arangovis.domain.errors import InvalidInput


def read(url: str) -> S3Place:
    return place_of(urlsplit(url))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://bucket", S3Place("bucket")),
        ("s3://bucket/", S3Place("bucket")),
        ("s3://My_old.Bucket-1/team/models/", S3Place("My_old.Bucket-1", "team/models")),
        ("s3://bucket/with%20space/ä", S3Place("bucket", "with space/ä")),
        ("s3://bucket?region=eu-central-1", S3Place("bucket", region="eu-central-1")),
        ("s3://bucket?endpoint=http://s3:9000/", S3Place("bucket", "", "http://s3:9000", "", "path")),
        ("s3://b-1/p?endpoint=https%3A%2F%2Fs3", S3Place("b-1", "p", "https://s3", "", "path")),
        ("s3://bucket?endpoint=http://[::1]:9000", S3Place("bucket", "", "http://[::1]:9000", "", "path")),
        ("s3://bucket?endpoint=https://s3&addressing=virtual", S3Place("bucket", "", "https://s3", "", "virtual")),
        ("s3://bucket?endpoint=&region=&addressing=", S3Place("bucket")),
    ],
)
def test_what_a_url_means(url: str, place: S3Place) -> None:
    assert read(url) == place


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("s3://", "artifacts: '' is no name of a bucket"),
        ("s3:///prefix", "artifacts: '' is no name of a bucket"),
        ("s3:bucket", "artifacts: '' is no name of a bucket"),
        ("s3://ab", "artifacts: 'ab' is no name of a bucket"),
        ("s3://bucket:9000", "artifacts: 'bucket:9000' is no name of a bucket"),
        ("s3://bucket/a//b", "artifacts: 'a//b' is no prefix"),
        ("s3://bucket/../b", "artifacts: '../b' is no prefix"),
        ("s3://bucket/a%00", "is no prefix"),
        ("s3://bucket/a#b", "artifacts: 'a' is no prefix"),
        (f"s3://bucket/{'a' * (PREFIX_BYTES_MAX + 1)}", f"{PREFIX_BYTES_MAX} are allowed"),
        ("s3://bucket?key=x", "has 'key'; it may have endpoint, region, addressing"),
        ("s3://bucket?region=a&region=b", "a name that is there twice"),
        ("s3://bucket?region=a%20b", "s3_region: 'a b' is no name of a region"),
        ("s3://bucket?addressing=host", "addressing 'host' is not known; use path, virtual, auto"),
        ("s3://bucket?endpoint=s3:9000", "s3_endpoint: it is not of the form"),
        ("s3://bucket?endpoint=ftp://s3", "s3_endpoint: it is not of the form"),
        ("s3://bucket?endpoint=http://", "s3_endpoint: it is not of the form"),
        ("s3://bucket?endpoint=http://s3:x", "s3_endpoint: it is not of the form"),
        ("s3://bucket?endpoint=http://[::1", "s3_endpoint: it is not of the form"),
        ("s3://bucket?endpoint=http://s3/path", "s3_endpoint: it is not of the form"),
    ],
)
def test_what_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(url)
    assert problem in caught.value.detail


@pytest.mark.parametrize("url", ["s3://key:secret@bucket", "s3://bucket?endpoint=http://key:secret@s3:9000"])
def test_credentials_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(url)
    assert "secret" not in caught.value.detail
    assert "key:" not in caught.value.detail


STEPS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1)


@given(
    prefix=st.lists(STEPS.filter(lambda step: step not in (".", "..")), max_size=4).map("/".join),
    region=st.sampled_from(["", "eu-central-1"]),
    addressing=st.sampled_from(ADDRESSINGS),
)
def test_any_prefix_is_read_back(prefix: str, region: str, addressing: str) -> None:
    url = f"s3://bucket/{quote(prefix)}?region={region}&addressing={addressing}"
    assert read(url) == S3Place("bucket", prefix, "", region, addressing)


@given(st.text().map(lambda text: f"s3://{text}"))
def test_any_text_is_a_place_or_refused(url: str) -> None:
    try:
        split = urlsplit(url)
    except ValueError:
        return
    with suppress(InvalidInput):
        place = place_of(split)
        assert place.bucket == split.netloc
        assert not place.prefix.startswith("/")
