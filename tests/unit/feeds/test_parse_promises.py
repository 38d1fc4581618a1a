"""Whatever the bytes, what is understood keeps its promises."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feeds.parse.recognise import Family
from tests.fuzz.promises import check
from tests.hostile import ATTACKS

ROOT = Path(__file__).parents[2]
CORPUS = sorted(
    path
    for path in ROOT.glob("corpus/*/*")
    if path.suffix not in {".toml", ".md"} and path.stat().st_size < 50_000
)
BODIES = [path.read_bytes() for path in CORPUS]
PIECES = [
    b"\0", b"\r\n", b"\xff", b"&", b"<", b">", b"]]>", b"<!--", b"\xe2\x80\xa8", b"&#0;", b'"',
    b"- Issued on:\n", b"Publishing date: 31 February 2025\n", b"<script>", b"\xed\xa0\x80",
    b"2025-13-45",
]  # fmt: skip

quick = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real document, cut, spliced and strewn with what breaks parsers."""
    body = draw(st.sampled_from(BODIES))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body)))
        upto = draw(st.integers(at, min(len(body), at + 200)))
        middle = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(body[at:upto] * 3))
        body = body[:at] + middle + body[upto:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


@pytest.mark.parametrize("form", ["", *Family])
@given(body=st.binary(max_size=400))
@quick
def test_noise_is_refused_or_keeps_the_promises(form: str, body: bytes) -> None:
    """Read as any form, and as recognised."""
    check(body, form)


@pytest.mark.parametrize("form", ["", *Family])
@given(body=damaged())
@example(body=ATTACKS["external entity"].body())
@quick
def test_damaged_documents_keep_the_promises(form: str, body: bytes) -> None:
    """Half a page, a page in a page, a page of another form."""
    check(body, form)


def test_there_are_documents_to_damage() -> None:
    """A test that finds none would find nothing."""
    assert len(_families()) >= 4


def _families() -> Sequence[str]:
    return sorted({path.parent.name for path in CORPUS})
