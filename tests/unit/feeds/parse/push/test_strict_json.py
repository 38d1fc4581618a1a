"""JSON that everybody reads alike: what readers could read differently is refused."""

import pytest

from feeds.parse.push.strict_json import NotStrictJson, loaded


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "not JSON"),
        (b"{]", "not JSON"),
        (b'{"a": 01}', "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8: byte 0"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', '"c" more than once'),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "more digits"),
        (b"[" * 33 + b"]" * 33, "deeper than 32 levels"),
        (b"[" * 200_000 + b"]" * 200_000, "deeper than 32 levels"),
        (b'{"a":' * 100_000, "deeper than 32 levels"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"\\uDfff": 1}', "half a character"),
    ],
)
def test_json_that_readers_read_differently_is_refused(body: bytes, complaint: str) -> None:
    with pytest.raises(NotStrictJson) as caught:
        loaded(body)
    assert complaint in str(caught.value)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert loaded(b'\xef\xbb\xbf{"title": "x"}') == {"title": "x"}
