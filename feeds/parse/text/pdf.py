"""The text of a PDF that a list leads to: the words of its pages, in paragraphs.

Knows how pypdf tells the lines of pages, and how these become paragraphs. Must never know a PDF's
inside, which is pypdf's, or which source wants its text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from unicodedata import normalize

from feeds.draft import Document, Draft, Parsed, Reason, Refused
from feeds.parse.recognise import with_file

FORM = "pdf"

#: A statement has some; of a report with more its beginning is the news.
_MOST_PAGES = 50
_MOST_CHARS = 200_000
_LONGEST_LINE_CHARS = 2_000
#: So many lines at the top and bottom of a page may be its frame.
_FRAME_LINES = 3
#: A page of pictures has no more letters; a font without a table of its letters gives other signs.
_FEWEST_LETTERS = 80
_LEAST_OF_LETTERS = 0.5
# What fills this much of the longest usual line goes on in the next.
_FULL = 0.75

_DIGITS = re.compile(r"[0-9]+")
_HYPHENATED = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")
_BULLET = re.compile(r"[•▪●–—*-]\s|\(?[0-9a-z]{1,2}[.)]\s", re.IGNORECASE)
_END = tuple(".!?:;…。！？”»\"'")


def parse(document: Document) -> Parsed | Refused:
    """The item its list tells of, with the text of the file; refused where that gives none."""
    lead, url = document.lead, document.url
    paragraphs = tuple(_paragraphs(_pages(document.body)))
    if lead is None or url is None or not lead.title or not _is_prose(paragraphs):
        return Refused(reason=Reason.BINARY, evidence="it is a PDF that gives no text")
    enclosures = with_file(lead, document, url).enclosures
    draft = Draft(
        form=FORM, title=lead.title, paragraphs=paragraphs, url=url, enclosures=enclosures
    )
    return Parsed(form=FORM, drafts=(draft,))


def _pages(body: bytes) -> list[list[str]]:
    """The lines of each page that say something; none of what cannot be read."""
    from pypdf import PdfReader  # noqa: PLC0415 - only where a source asks for it

    pages: list[list[str]] = []
    left = _MOST_CHARS
    try:
        for page in PdfReader(BytesIO(body), strict=False).pages:
            text = normalize("NFKC", page.extract_text()[:left]) if left > 0 else ""
            left -= len(text)
            lines = (" ".join(line[:_LONGEST_LINE_CHARS].split()) for line in text.split("\n"))
            pages.append([line for line in lines if line])
            if left <= 0 or len(pages) >= _MOST_PAGES:
                break
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever pypdf meets in what is encrypted, broken or made to harm
        return []
    return pages


def _paragraphs(pages: Sequence[Sequence[str]]) -> Iterator[str]:
    lines = list(_without_frames(pages))
    # What most lines are as long as; single ones may be longer.
    full = sorted(map(len, lines))[len(lines) * 9 // 10] * _FULL if lines else 0
    said = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=False):
        said = _joined(said, line)
        is_end = len(line) < full and (line.endswith(_END) or after[:1].isupper())
        if not after or _BULLET.match(after) or (is_end and not _HYPHENATED.search(line)):
            yield said
            said = ""


def _joined(said: str, line: str) -> str:
    if not said:
        return line
    if _HYPHENATED.search(said):
        return (said[:-1] if line[:1].islower() else said) + line
    return f"{said} {line}"


def _without_frames(pages: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of all pages, without those that stand at the top or bottom of most, whatever their
    numbers.
    """
    frames = [{*map(_unnumbered, _frame(page))} for page in pages]
    counted = Counter(line for frame in frames for line in frame)
    most = max(2, len(pages) / 2)
    for page in pages:
        last = len(page) - _FRAME_LINES
        for place, line in enumerate(page):
            is_at_edge = place < _FRAME_LINES or place >= last
            if not (is_at_edge and counted[_unnumbered(line)] >= most):
                yield line


def _frame(page: Sequence[str]) -> Sequence[str]:
    return [*page[:_FRAME_LINES], *page[-_FRAME_LINES:]]


def _unnumbered(line: str) -> str:
    return _DIGITS.sub("#", line)


def _is_prose(paragraphs: Sequence[str]) -> bool:
    text = "".join(paragraphs).replace(" ", "")
    letters = sum(map(str.isalpha, text))
    return letters >= max(_FEWEST_LETTERS, _LEAST_OF_LETTERS * len(text))
