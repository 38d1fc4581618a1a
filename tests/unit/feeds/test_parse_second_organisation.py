"""Another organisation replaces one file: its pages are understood by its own names and words."""

from datetime import date
from pathlib import Path

import pytest

from feeds.draft import Document, Draft, Parsed, Reason, Refused
from feeds.parse import understand
from feeds.taxonomy import Taxonomy

SECOND = Path(__file__).parents[2] / "second"


@pytest.fixture(scope="module")
def lakes() -> Taxonomy:
    return Taxonomy.from_toml((SECOND / "lakes.toml").read_text("utf-8"))


def document(body: str, url: str | None = None) -> Document:
    return Document(source="", name="", body=body.encode(), url=url)


def drafts(name: str, taxonomy: Taxonomy) -> tuple[Draft, ...]:
    understood = understand(document((SECOND / name).read_text("utf-8")), taxonomy)
    assert isinstance(understood, Parsed), understood
    return understood.drafts


def slugs(draft: Draft) -> list[str | None]:
    return [label.slug for label in draft.labels]


def day(draft: Draft) -> date | None:
    return draft.issued.day if draft.issued else None


def test_its_labels_are_read(lakes: Taxonomy) -> None:
    """Form A, with a menu, a kind, a caption that names who took the picture, and a footer."""
    [draft] = drafts("form-a.txt", lakes)
    assert draft.form == "A"
    assert (draft.title, day(draft)) == ("Pike return to the northern bay", date(2024, 3, 12))
    assert slugs(draft) == ["harbour-office", "trout", "drinking-water", "bulletin"]
    assert len(draft.paragraphs) == 2
    assert draft.paragraphs[-1].endswith("so early.")


def test_its_newsroom_is_known(lakes: Taxonomy) -> None:
    """Form B: place and day below the title, then the picture."""
    [draft] = drafts("form-b.txt", lakes)
    assert (draft.form, day(draft)) == ("B", date(2019, 6, 3))
    assert [text[:10] for text in draft.paragraphs] == ["NORTH BAY,", "Boats must"]


def test_a_title_and_a_text_are_news_anywhere(lakes: Taxonomy) -> None:
    """Form C has no words of its own."""
    [draft] = drafts("form-c.txt", lakes)
    assert (draft.form, day(draft)) == ("C", date(2019, 6, 5))
    assert len(draft.paragraphs) == 2


def test_its_listings_are_read(lakes: Taxonomy) -> None:
    """Of text."""
    first, second = drafts("listing.txt", lakes)
    assert slugs(first) == ["harbour-office", "fish", "bulletin"]
    assert (second.title, day(second)) == ("Ferry sails again", date(2025, 1, 20))


def test_its_pages_of_html_are_read(lakes: Taxonomy) -> None:
    """Labels, captions and footer by its own words; its address tells the issuer."""
    [draft] = drafts("page.html", lakes)
    assert (draft.title, day(draft)) == ("Otters counted from the air", date(2023, 5, 14))
    assert {"harbour-office", "fish"} <= set(slugs(draft))
    assert not any("Ada Reed" in text or "other shore" in text for text in draft.paragraphs)


def test_a_page_about_it_is_no_news(lakes: Taxonomy, osce: Taxonomy) -> None:
    """By its own name; another's is a word like others."""
    text = "The union was founded on 3 June 1990, said its first head, to keep the lakes clean.\n"
    about = document(f"About LAKES rights\n{text * 2}")
    refused, other = understand(about, lakes), understand(about, osce)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NOT_NEWS
    assert "about the organisation" in refused.evidence
    assert "about the organisation" not in str(other)


def test_another_s_credit_is_text(lakes: Taxonomy) -> None:
    """A caption alone is known by the name of whose picture it is."""
    line = "Buoys in the bay, 2 June 2019. (OSCE) Photo details"
    told = (SECOND / "form-c.txt").read_text("utf-8")
    own, other = line.replace("OSCE", "LAKES").removesuffix(" Photo details"), line[:-14]
    for caption, paragraphs in ((own, 2), (other, 3)):
        body = told.replace("\n\nFor more", f"\n\n{caption}\n\nFor more")
        understood = understand(document(body), lakes)
        assert isinstance(understood, Parsed)
        assert len(understood.drafts[0].paragraphs) == paragraphs


@pytest.mark.parametrize(
    ("words", "language"),
    [("Kurs JEZERA.", "sr"), ("Kurs JEZERO.", "hr"), ("Kurs.", "hr")],
)
def test_its_name_and_its_offices_tell_a_language(
    lakes: Taxonomy, words: str, language: str
) -> None:
    """Where one language has several standards."""
    text = (
        "Nova obuka za policiju je danas bila u gradu, a na njoj su bili svi koji rade za grad i "
        f"za sve koji su tu. {words} Sutra dolaze drugi iz grada."
    )
    body = f"Bulletin\nNova obuka\n{text}\n- Sent by:\n- Office on the Western Shore\n{text}\n"
    understood = understand(document(body), lakes)
    assert isinstance(understood, Parsed)
    assert understood.drafts[0].language == language
