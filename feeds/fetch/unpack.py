"""Taking a body out of what it was packed in, never more of it than is wanted.

Knows the content codings of HTTP (RFC 9110 8.4, 7932, 8878). Must never know what is inside.
"""

import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import brotli  # type: ignore[import-untyped]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What we can take apart, as Accept-Encoding says it.
ACCEPTED = "gzip, br, zstd"

#: Codings there are (the registry of RFC 9110 16.6) and that nobody was asked for. What is none of
#: them is no packing: servers name their charset, their transfer or nothing there.
_UNWANTED = frozenset("compress x-compress exi pack200-gzip aes128gcm dcb dcz".split())

#: Never is more than this in memory beside the body.
PIECE_BYTES = 65_536
#: Packed twice is a common mistake of servers; more often is no mistake.
MAX_CODINGS = 2
#: Pages pack to a tenth, the most uniform sitemap to a hundredth; a bomb to a thousandth.
MAX_RATIO = 250
#: Below this size the ratio does not matter.
RATIO_FROM_BYTES = 1_048_576
#: 8 MB, as RFC 9659 asks of zstd in HTTP: a header of a few bytes may ask for 2 GB.
_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}

# How markup and JSON begin.
_HEAD_BYTES = 64
_PLAIN = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,16}+(?:<[!?A-Za-z]|\{[ \t\r\n]{0,16}+\")")
# Brotli and bare deflate have no first bytes of their own: what begins as markup by chance goes on
# with bytes that are in no text.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# RFC 1952, section 2.3.1.
_GZIP_START = b"\x1f\x8b"
# zlib's way to say: a gzip header comes first.
_GZIP_WINDOW = zlib.MAX_WBITS | 16
# RFC 1950, section 2.2: "deflate" in an envelope begins so, and its first two bytes are a multiple
# of 31.
_ZLIB_METHOD, _ZLIB_MULTIPLE = 8, 31
# Members that hold nothing grow no count, and could come without end; nobody makes many.
_MOST_EMPTY_MEMBERS = 100
# A file of many small members is read in time that grows with its size, not with its square.
_FILE_PIECE_BYTES = 8_192
_Layer = Callable[[Iterable[bytes]], Iterator[bytes]]


class Damaged(ValueError):
    """What came cannot be taken apart; the text says why, for people."""


class CutShort(Damaged):
    """It ends before it should; what was taken apart until then is right as far as it goes."""


class TooLarge(ValueError):
    """There is more of it than is wanted; the text says so, for people."""


def unpacked(pieces: Iterable[bytes], codings: str, max_bytes: int) -> Iterator[bytes]:
    """The body piece by piece; ``codings`` as Content-Encoding names them, first applied first.

    Raises TooLarge where the body, packed or not, passes ``max_bytes`` or grows beyond measure;
    Damaged where it is broken or packed in an unknown way; CutShort after all that came of it.
    """
    packed = size = 0

    def came() -> Iterator[bytes]:
        nonlocal packed
        for piece in _bounded(pieces, max_bytes):
            packed += len(piece)
            yield piece

    stream = came()
    for layer in reversed(_layers(codings)):
        stream = _bounded(layer(stream), max_bytes)
    try:
        for piece in stream:
            size += len(piece)
            if size > max(RATIO_FROM_BYTES, MAX_RATIO * packed):
                raise TooLarge(f"it unpacks to more than {MAX_RATIO} times its size")
            yield piece
    except (zlib.error, brotli.error, zstd.ZstdError) as fault:
        raise Damaged(f"it cannot be unpacked: {fault}") from fault


def _bounded(
    pieces: Iterable[bytes], most: int, is_more: str = "is larger than"
) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise TooLarge(f"it {is_more} {most:,} bytes")
        yield piece


def joined(pieces: Iterable[bytes]) -> tuple[bytes, bool]:
    """What came of a body, and whether that is all of it. Raises what `unpacked` does but CutShort;
    Damaged where nothing came of what is cut.
    """
    plain = bytearray()
    try:
        for piece in pieces:
            plain += piece
    except CutShort:
        if not plain:
            raise
        return bytes(plain), False
    return bytes(plain), True


def gunzipped(body: bytes, most: int) -> tuple[bytes, bool]:
    """The bytes of a gzip file (sitemaps come as one), all others as they are; and whether they are
    all of it.

    Raises TooLarge where they are more than ``most``; Damaged where it is broken.
    """
    if not body.startswith(_GZIP_START):
        return body, True
    try:
        return joined(_bounded(_gunzip(_in_pieces(body)), most, "unpacks to more than"))
    except zlib.error as fault:
        raise Damaged(f"it cannot be unpacked: {fault}") from fault


def _in_pieces(body: bytes) -> Iterator[bytes]:
    """Small ones: what is left of one is copied for each member that ends in it."""
    for at in range(0, len(body), _FILE_PIECE_BYTES):
        yield body[at : at + _FILE_PIECE_BYTES]


def _layers(codings: str) -> list[_Layer]:
    # Some quote a name, or write it as a media type's, with a parameter behind it.
    names = [name.partition(";")[0].strip(" \t\"'").lower() for name in codings.split(",")]
    meant = [name.removeprefix("application/") for name in names]
    wanted = [name for name in meant if name in _CODINGS or name in _UNWANTED]
    if len(wanted) > MAX_CODINGS:
        raise Damaged(f"it is packed {len(wanted)} times over")
    return [_CODINGS.get(name) or _unless_plain(_unasked(name)) for name in wanted]


def _unasked(name: str) -> _Layer:
    def refuse(_: Iterable[bytes]) -> Iterator[bytes]:
        raise Damaged(f"it is packed as {name!r}, which was not asked for")

    return refuse


def _gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One or more members in a row (RFC 1952); what follows and is none is left out."""
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    is_begun = is_empty = False
    empty_members = 0
    for piece in pieces:
        left = piece
        while left:
            if inflate.eof:
                empty_members += is_empty
                # A piece may end within the two bytes that begin a member.
                is_member = _GZIP_START.startswith(left[:2])
                if not is_member or empty_members >= _MOST_EMPTY_MEMBERS:
                    return
                inflate = zlib.decompressobj(_GZIP_WINDOW)
                is_empty = True
            is_begun = True
            for plain in _inflated(inflate, left):
                is_empty = False
                yield plain
            left = inflate.unused_data
    _finished(is_whole=inflate.eof or not is_begun)


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A stream in zlib's envelope, or bare, as some send it (RFC 9110 8.4.1.2)."""
    head, whole = _begun(pieces, 2)
    is_wrapped = len(head) > 1 and head[0] & 15 == _ZLIB_METHOD
    is_wrapped = is_wrapped and not int.from_bytes(head[:2]) % _ZLIB_MULTIPLE
    inflate = zlib.decompressobj(zlib.MAX_WBITS if is_wrapped else -zlib.MAX_WBITS)
    for piece in whole:
        if inflate.eof:
            return
        yield from _inflated(inflate, piece)
    _finished(is_whole=inflate.eof or not head)


def _begun(pieces: Iterable[bytes], fewest: int) -> tuple[bytes, Iterator[bytes]]:
    """So many first bytes or more, or all there are; and all the pieces again."""
    rest, taken, head = iter(pieces), [], b""
    for piece in rest:
        taken.append(piece)
        head += piece
        if len(head) >= fewest:
            break
    return head, chain(taken, rest)


def _inflated(inflate: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    piece = inflate.decompress(packed, PIECE_BYTES)
    while piece:
        yield piece
        piece = inflate.decompress(inflate.unconsumed_tail, PIECE_BYTES)


def _unbrotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    state = brotli.Decompressor()
    is_begun = False
    for packed in pieces:
        if state.is_finished():
            return
        is_begun = is_begun or bool(packed)
        piece = state.process(packed, output_buffer_limit=PIECE_BYTES)
        while piece:
            yield piece
            piece = state.process(b"", output_buffer_limit=PIECE_BYTES)
    _finished(is_whole=state.is_finished() or not is_begun)


def _unzstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One or more frames in a row (RFC 8878 3)."""
    state = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
    is_begun = False
    for piece in pieces:
        left = piece
        while left:
            if state.eof:
                state = zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)
            is_begun = True
            yield from _drained(state, left)
            left = state.unused_data if state.eof else b""
    _finished(is_whole=state.eof or not is_begun)


def _drained(state: zstd.ZstdDecompressor, packed: bytes) -> Iterator[bytes]:
    piece = state.decompress(packed, PIECE_BYTES)
    while piece:
        yield piece
        if state.eof or state.needs_input:
            return
        piece = state.decompress(b"", PIECE_BYTES)


def _finished(*, is_whole: bool) -> None:
    """Raises CutShort: half a document must not pass for one."""
    if not is_whole:
        raise CutShort("it is cut short")


def _unless_plain(layer: _Layer) -> _Layer:
    """Markup is no packing, whatever its server calls it: some name a coding and apply none."""

    def unpack(pieces: Iterable[bytes]) -> Iterator[bytes]:
        head, whole = _begun(pieces, _HEAD_BYTES)
        is_plain = _PLAIN.match(head) and not _NO_TEXT.search(head)
        yield from whole if is_plain else layer(whole)

    return unpack


_CODINGS: dict[str, _Layer] = {
    "br": _unless_plain(_unbrotli),
    "deflate": _unless_plain(_deflated),
    "gzip": _unless_plain(_gunzip),
    "x-gzip": _unless_plain(_gunzip),
    "zstd": _unless_plain(_unzstd),
}
