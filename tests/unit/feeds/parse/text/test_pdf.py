"""The text of a PDF: its paragraphs without the frames of its pages, or nothing at all."""

from collections.abc import Sequence
from io import BytesIO
from time import process_time

import pytest

from feeds.draft import Document, Draft, Habits, Parsed, Reason, Refused
from feeds.model import Enclosure
from feeds.parse import understand
from feeds.parse.text import pdf
from feeds.taxonomy import Taxonomy
from tests.pdf import a_pdf

URL = "https://www.office.test/files/statement.pdf"
LEAD = Draft(form="rss", title="Statement on the elections", partial=True, url=URL)
HEAD = ["Example Office for the Region", "Press release 12/2026"]
FIRST = [
    "The delegation met the authorities on Monday and spoke at length about the coming elec-",
    "tions, the work of the observers and the time that is left to prepare what has to be",
    "done.",
]
SECOND = ["Observers arrive next week in all regions of the country and stay until the results are"]
THIRD = ["known to everybody.", "- a first point of the list", "- a second point of the list"]


def read(body: bytes, lead: Draft | None = LEAD, *, asks: bool = True) -> Parsed | Refused:
    document = Document(source="s", name="d", body=body, url=URL, lead=lead)
    return understand(document, Taxonomy.from_toml(""), Habits(pdf_text=asks))


def text(*pages: Sequence[str]) -> tuple[str, ...]:
    found = read(a_pdf(*pages))
    assert isinstance(found, Parsed), found
    return found.drafts[0].paragraphs


def test_the_text_of_a_file_is_its_items() -> None:
    body = a_pdf([*FIRST, *SECOND, *THIRD])
    found = read(body)
    assert isinstance(found, Parsed)
    [draft] = found.drafts
    assert " | ".join(draft.paragraphs) == (
        "The delegation met the authorities on Monday and spoke at length about the coming"
        " elections, the work of the observers and the time that is left to prepare what has to be"
        " done. | Observers arrive next week in all regions of the country and stay until the"
        " results are known to everybody. | - a first point of the list"
        " | - a second point of the list"
    )
    assert (draft.form, draft.title, draft.url) == (pdf.FORM, LEAD.title, URL)
    assert not draft.partial
    assert draft.enclosures == (Enclosure(url=URL, media_type="application/pdf", length=len(body)),)


def test_a_paragraph_goes_on_over_the_frames_of_pages() -> None:
    pages = [[*HEAD, *FIRST, *SECOND, "Page 1 of 2"], [*HEAD, *THIRD, "Page 2 of 2"]]
    paragraphs = text(*pages)
    assert paragraphs[1].endswith("until the results are known to everybody.")
    assert not any("Page" in one or "Press release" in one for one in paragraphs)


def test_a_compound_keeps_its_hyphen() -> None:
    lines = ["The region of Emilia-", "Romagna is part of it, as it was the year before."]
    assert "Emilia-Romagna is part" in text([*FIRST, *lines])[-1]


def test_a_file_that_is_not_asked_for_or_that_nobody_told_of_is_not_read() -> None:
    for found in (read(a_pdf(FIRST), asks=False), read(a_pdf(FIRST), lead=None)):
        assert isinstance(found, Refused)
        assert found.reason is Reason.BINARY


def encrypted(password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - as the product does

    writer = PdfWriter(clone_from=PdfReader(BytesIO(a_pdf(FIRST * 3))))
    writer.encrypt(user_password=password, owner_password="o", algorithm="RC4-128")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_file_whose_password_is_empty_is_read() -> None:
    assert isinstance(read(encrypted("")), Parsed)


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-",
        b"%PDF-1.4\n" + bytes(range(256)) * 40,
        a_pdf(),
        a_pdf([]),
        a_pdf(["Scan"]),
        a_pdf(["/g23 12 #4 @@ 99 %% "] * 40),
        a_pdf(FIRST).replace(b"/Kids[5 0 R]", b"/Kids[2 0 R]"),
        a_pdf(FIRST).replace(b"/Catalog/Pages 2 0 R", b"/Catalog/Pages 1 0 R"),
        a_pdf(FIRST)[:300],
    ],
)
def test_what_gives_no_text_is_a_file(body: bytes) -> None:
    found = read(body)
    assert isinstance(found, Refused)
    assert found.reason is Reason.BINARY


def test_what_is_locked_is_a_file() -> None:
    assert isinstance(read(encrypted("secret")), Refused)


def test_a_file_that_was_cut_gives_what_it_has_or_nothing() -> None:
    assert isinstance(read(a_pdf(FIRST * 3, SECOND * 9, broken=True)), Parsed | Refused)


def test_of_a_long_file_the_beginning_is_read() -> None:
    started = process_time()
    pages = [[f"{word} {line}" for line in FIRST] for word in ("one", "two", "three") * 100]
    said = text(*pages)
    assert 9_000 < sum(map(len, said)) < 210_000
    assert process_time() - started < 5


def test_a_file_that_takes_too_much_memory_is_no_file_without_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever bounds the memory is to know of it."""

    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pypdf.PdfReader", exhausted)
    with pytest.raises(MemoryError):
        read(a_pdf(["One line."]))
