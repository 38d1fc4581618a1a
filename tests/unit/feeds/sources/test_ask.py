"""What is remembered of a fetched document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import RemoteValidators
from feeds.sources.ask import Signature

HEADER = st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)


@given(HEADER, HEADER, HEADER)
def test_a_signature_is_read_as_it_was_written(
    etag: str | None, modified: str | None, media_type: str | None
) -> None:
    written = Signature(
        digest="ab12",
        validators=RemoteValidators(etag=etag, modified=modified),
        media_type=media_type,
        told="2:abc",
    )
    assert Signature.read(str(written)) == written


@given(st.text())
def test_a_signature_holds_nothing_that_a_store_cannot(header: str) -> None:
    validators = RemoteValidators(etag=header, modified=header)
    text = str(Signature(digest="d", validators=validators, media_type=header))
    assert text.count("\n") == 4
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [None, "", "12:34:56", "a\nb", "\n\n\n\n"])
def test_what_is_no_signature_is_none(text: str | None) -> None:
    assert Signature.read(text) is None


def test_an_answer_without_validators_keeps_those_we_have() -> None:
    before = Signature(digest="d", validators=RemoteValidators(etag='"1"', modified="x"), told="t")
    assert before.refreshed(RemoteValidators(), "") == before
    after = before.refreshed(RemoteValidators(etag='"2"'), "u")
    assert (after.validators, after.told) == (RemoteValidators(etag='"2"', modified="x"), "u")
