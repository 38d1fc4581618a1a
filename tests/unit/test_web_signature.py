"""What is remembered of a fetched document, and how gzip files are unpacked within bounds."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import Failed, Validators
from feeds.sources.ask import unpacked
from feeds.sources.signature import Signature, digest_of

HEADER = st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)


@given(HEADER, HEADER, HEADER)
def test_a_signature_is_read_as_it_was_written(
    etag: str | None, modified: str | None, media_type: str | None
) -> None:
    written = Signature(
        digest=digest_of(b"body"),
        validators=Validators(etag=etag, modified=modified),
        media_type=media_type,
        told="2:abc",
    )
    assert Signature.read(str(written)) == written


@given(st.text())
def test_a_signature_holds_nothing_that_a_store_cannot(header: str) -> None:
    validators = Validators(etag=header, modified=header)
    text = str(Signature(digest="d", validators=validators, media_type=header))
    assert text.count("\n") == 4
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [None, "", "12:34:56", "a\nb", "\n\n\n\n"])
def test_what_is_no_signature_is_none(text: str | None) -> None:
    assert Signature.read(text) is None


def test_an_answer_without_validators_keeps_those_we_have() -> None:
    before = Signature(digest="d", validators=Validators(etag='"1"', modified="x"), told="t")
    assert before.refreshed(Validators(), "") == before
    after = before.refreshed(Validators(etag='"2"'), "u")
    assert (after.validators, after.told) == (Validators(etag='"2"', modified="x"), "u")


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_gzip_files_are_unpacked_one_after_the_other(parts: list[bytes]) -> None:
    packed = b"".join(map(gzip.compress, parts))
    assert unpacked(packed, 10_000) == b"".join(parts)


def test_what_is_no_gzip_file_stays_as_it_is() -> None:
    assert unpacked(b"<urlset/>", 3) == b"<urlset/>"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (gzip.compress(bytes(10**7), mtime=0), "more than 1,000 bytes"),
        (gzip.compress(b"x" * 900, mtime=0) * 2, "more than 1,000 bytes"),
        (gzip.compress(b"hello", mtime=0)[:-4], "cut off"),
        (b"\x1f\x8b\x08 nonsense", "broken"),
        (gzip.compress(zlib.compress(b"x"), mtime=0)[:12], "cut off"),
    ],
)
def test_a_gzip_file_that_cannot_be_unpacked_says_why(body: bytes, problem: str) -> None:
    found = unpacked(body, 1_000)
    assert isinstance(found, Failed)
    assert problem in found.problem


def test_very_many_empty_gzip_files_end_soon() -> None:
    body = gzip.compress(b"", mtime=0) * 50_000
    assert unpacked(body, 1_000) == b""
