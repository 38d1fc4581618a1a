"""Bodies packed by servers, by mistake and by malice."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch.unpack import PIECE_BYTES, CutShort, Damaged, TooLarge, gunzipped, unpacked

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = b"The course was held in Vienna. " * 20_000
MOST = 2_000_000

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=3),  # a bomb takes it a second otherwise
    "zstd": zstd.compress,
}

codings = pytest.mark.parametrize("coding", sorted(PACK))


def split(packed: bytes, size: int = 1_000) -> Iterator[bytes]:
    return (packed[start : start + size] for start in range(0, len(packed), size))


def whole(packed: bytes, coding: str, most: int = MOST, size: int = 1_000) -> bytes:
    return b"".join(unpacked(split(packed, size), coding, most))


@codings
@pytest.mark.parametrize("size", [1, 7, 1_000, 1_000_000])
def test_what_was_packed_comes_out_however_it_is_cut(coding: str, size: int) -> None:
    assert whole(PACK[coding](BODY), coding, size=size) == BODY


@codings
def test_no_piece_is_large(coding: str) -> None:
    pieces = unpacked([PACK[coding](BODY)], coding, MOST)
    assert max(map(len, pieces)) <= 2 * PIECE_BYTES


@pytest.mark.parametrize("coding", ["", "identity", " Identity , "])
def test_what_is_not_packed_stays_as_it_is(coding: str) -> None:
    assert whole(BODY, coding) == BODY


def test_names_of_codings_are_taken_in_any_case() -> None:
    assert whole(gzip.compress(BODY), "GZip") == BODY
    assert whole(gzip.compress(BODY), "x-gzip") == BODY


def test_the_last_coding_is_taken_off_first() -> None:
    assert whole(brotli.compress(gzip.compress(BODY)), "gzip, br") == BODY


def test_a_body_packed_three_times_is_refused() -> None:
    with pytest.raises(Damaged, match="3 times"):
        whole(b"", "gzip, gzip, gzip")


@pytest.mark.parametrize("coding", ["compress", "exi"])
def test_a_coding_nobody_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(Damaged, match="not asked for"):
        whole(b"\x1f\x9d\x90" + BODY, coding)
    assert whole(b"<rss/>", coding) == b"<rss/>"


@pytest.mark.parametrize("name", ["gzip;q=1", '"gzip"', "application/x-gzip", " gzip ,"])
def test_a_coding_is_known_however_it_is_written(name: str) -> None:
    assert whole(gzip.compress(BODY), name) == BODY


@pytest.mark.parametrize(
    "name", ["UTF-8", "none", "aws-chunked", "identity", "binary", "text/html", "utf 8", "\xff", ""]
)
def test_what_names_no_coding_is_no_packing(name: str) -> None:
    assert whole(BODY, name) == BODY
    assert whole(gzip.compress(BODY), f"{name}, gzip") == BODY


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize("size", [1, 2, 1_000_000])
@pytest.mark.parametrize("body", [BODY, b"", b"x"])
def test_deflate_is_unpacked_with_its_envelope_and_without(size: int, body: bytes) -> None:
    """RFC 9110 8.4.1.2 asks for the envelope of zlib, and notes that some leave it out."""
    assert whole(zlib.compress(body), "deflate", size=size) == body
    assert whole(raw_deflate(body), "deflate", size=size) == body
    assert whole(zlib.compress(body) + b"\0junk", "deflate", size=size) == body


@codings
@pytest.mark.parametrize("missing", [1, 4, 9, 0.5])
def test_of_what_is_cut_all_that_came_is_had_and_the_cut_is_told(
    coding: str, missing: float
) -> None:
    body = b"".join(b"line %d\n" % line for line in range(60_000))
    packed = PACK[coding](body)
    kept = len(packed) - int(missing if missing >= 1 else len(packed) * missing)
    pieces: list[bytes] = []
    with pytest.raises(CutShort, match="cut short"):
        pieces.extend(unpacked(split(packed[:kept]), coding, MOST))
    came = b"".join(pieces)
    assert body.startswith(came)
    assert len(came) > len(body) // 4


def test_what_is_cut_within_a_second_coding_is_told_too() -> None:
    packed = brotli.compress(gzip.compress(BODY)[:-4])
    pieces: list[bytes] = []
    with pytest.raises(CutShort):
        pieces.extend(unpacked([packed], "gzip, br", MOST))
    assert b"".join(pieces) == BODY


@codings
def test_an_empty_body_is_empty_whatever_it_is_called(coding: str) -> None:
    assert whole(b"", coding) == b""


@codings
def test_what_was_never_packed_cannot_be_unpacked(coding: str) -> None:
    with pytest.raises(Damaged):
        whole(b"nothing of any coding; " * 100, coding)


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "zstd", "deflate", "br"])
@pytest.mark.parametrize("size", [1, 1_000])
@pytest.mark.parametrize(
    "body",
    [b"<html>plain</html>" * 100, b'\xef\xbb\xbf\r\n<?xml version="1.0"?><rss/>', b'{ "version"'],
)
def test_markup_that_is_said_to_be_packed_and_is_not_is_read(
    coding: str, size: int, body: bytes
) -> None:
    assert whole(body, coding, size=size) == body


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_parts_in_a_row_are_one_body(coding: str) -> None:
    packed = PACK[coding](b"one ") + PACK[coding](b"two")
    assert whole(packed, coding) == b"one two"
    assert whole(packed, coding, size=1) == b"one two"


def test_what_follows_the_last_part_is_left_out() -> None:
    assert whole(gzip.compress(b"one") + b"\0\0\0 padding", "gzip") == b"one"
    assert b"".join(unpacked([brotli.compress(b"one"), b"more"], "br", MOST)) == b"one"


@codings
def test_a_body_that_is_too_large_unpacked_is_refused(coding: str) -> None:
    with pytest.raises(TooLarge, match="larger than 1,000 bytes"):
        whole(PACK[coding](BODY), coding, most=1_000)


def test_a_body_that_is_too_large_as_sent_is_refused() -> None:
    with pytest.raises(TooLarge):
        whole(BODY, "", most=1_000)
    with pytest.raises(TooLarge):  # empty parts give nothing, and go on for ever
        whole(gzip.compress(b"") * 100, "gzip", most=1_000)


@codings
def test_a_bomb_is_stopped_by_how_much_it_grows(coding: str) -> None:
    """Long before the limit: 64 MB of zeros from a few kB, were they wanted."""
    pieces: list[bytes] = []
    with pytest.raises(TooLarge, match="250 times"):
        pieces.extend(unpacked([PACK[coding](bytes(64_000_000))], coding, 10**9))
    assert sum(map(len, pieces)) < 20_000_000


def test_a_bomb_within_a_bomb_is_stopped_within() -> None:
    inner = gzip.compress(bytes(100_000_000))
    with pytest.raises(TooLarge):
        whole(gzip.compress(inner), "gzip, gzip", most=50_000)
    with pytest.raises(TooLarge):
        whole(gzip.compress(inner), "gzip, gzip")


def test_a_window_larger_than_http_allows_is_refused() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    packer = zstd.ZstdCompressor(options=options)
    packed = packer.compress(bytes(range(256)) * 70_000) + packer.flush()
    with pytest.raises(Damaged):
        whole(packed, "zstd", most=10**9)


@given(st.binary(max_size=300), st.sampled_from(sorted(PACK)))
def test_no_bytes_are_too_odd(packed: bytes, coding: str) -> None:
    try:
        whole(packed, coding, size=50)
    except (Damaged, TooLarge):
        return


@given(st.binary(max_size=2_000), st.sampled_from(sorted(PACK)), st.integers(1, 3_000))
def test_any_body_comes_out_as_it_went_in(body: bytes, coding: str, size: int) -> None:
    assert whole(PACK[coding](body), coding, size=size) == body


@given(st.data())
def test_a_damaged_body_is_told_or_whole(data: st.DataObject) -> None:
    packed = bytearray(gzip.compress(BODY[:500]))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    try:
        found = whole(bytes(packed), "gzip")
    except (Damaged, TooLarge):
        return
    assert found == BODY[:500]


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_gzip_files_are_unpacked_one_after_the_other(parts: list[bytes]) -> None:
    packed = b"".join(map(gzip.compress, parts))
    assert gunzipped(packed, 10_000) == (b"".join(parts), True)


def test_what_is_no_gzip_file_stays_as_it_is() -> None:
    assert gunzipped(b"<urlset/>", 3) == (b"<urlset/>", True)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (gzip.compress(bytes(10**7), mtime=0), "more than 1,000 bytes"),
        (gzip.compress(b"x" * 900, mtime=0) * 2, "more than 1,000 bytes"),
        (b"\x1f\x8b\x08 nonsense", "cannot be unpacked"),
    ],
)
def test_a_gzip_file_that_cannot_be_unpacked_says_why(body: bytes, problem: str) -> None:
    with pytest.raises((Damaged, TooLarge), match=problem):
        gunzipped(body, 1_000)


@pytest.mark.parametrize("missing", [1, 4, 8])
def test_of_a_gzip_file_that_is_cut_all_that_came_is_had(missing: int) -> None:
    assert gunzipped(gzip.compress(b"hello", mtime=0)[:-missing], 1_000) == (b"hello", False)
    assert gunzipped(gzip.compress(zlib.compress(b"x"), mtime=0)[:12], 1_000)[1] is False


def test_very_many_empty_gzip_files_end_soon() -> None:
    body = gzip.compress(b"", mtime=0) * 50_000
    assert gunzipped(body, 1_000) == (b"", True)


def test_very_many_small_gzip_files_are_all_had() -> None:
    assert gunzipped(gzip.compress(b"x", mtime=0) * 500, 1_000) == (b"x" * 500, True)


@pytest.mark.parametrize("behind", [b"\x1f\x00junk", b"PK"])
def test_what_follows_a_file_and_is_no_member_is_left_out(behind: bytes) -> None:
    """Only the two bytes of RFC 1952 begin another member."""
    assert (
        b"".join(unpacked([gzip.compress(b"x", mtime=0) + behind + b"\0" * 9], "gzip", 99)) == b"x"
    )
