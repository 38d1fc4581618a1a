"""Documents as bytes: encodings, damage, and why nothing can be made of some."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Parsed, Reason, Refused
from feeds.model import Mark
from feeds.parse import understand
from feeds.taxonomy import Taxonomy
from tests.pages import (
    BODY,
    FOOTER,
    HEAD,
    LABELS,
    MENU,
    MORE,
    SUBTITLE,
    TITLE,
    TRAINING,
    document,
    draft_of,
    page,
    refused,
)

# -- Bytes -----------------------------------------------------------------------------------------

ACCENTED = page(body=(SUBTITLE, "Čačak, Türkiye: “Policing” – naïve."))
WESTERN = page(body=(SUBTITLE, "Türkiye: “Policing” – naïve."))


@pytest.mark.parametrize(
    "body",
    [
        ACCENTED.replace(b"\n", b"\r\n"),
        ACCENTED.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + ACCENTED,
        ACCENTED.decode().encode("utf-16"),
        b"\xfe\xff" + ACCENTED.decode().encode("utf-16-be"),
        ACCENTED + b"\n\n\n",
        ACCENTED.replace(b"\n", b"\n\xc2\xa0 \t\n"),
        ACCENTED.replace(b"News", b"\x01News").replace(b"Vienna", b"Vi\xc2\x9fenna"),
        ACCENTED.replace(b"- ", "- \u200b\u202e".encode()),
    ],
)
def test_line_ends_encodings_and_unseen_characters_do_not_matter(
    osce: Taxonomy, body: bytes
) -> None:
    assert draft_of(body, osce) == draft_of(ACCENTED, osce)


def test_windows_1252_is_understood(osce: Taxonomy) -> None:
    assert draft_of(WESTERN.decode().encode("cp1252"), osce) == draft_of(WESTERN, osce)


def test_a_text_cut_within_a_character_is_still_utf_8(osce: Taxonomy) -> None:
    cut = page(body=(SUBTITLE, "Čačak – Č"), footer=())[:-1]
    assert draft_of(cut, osce).paragraphs[-1] == "Čačak –"


def test_one_damaged_place_spoils_no_other(osce: Taxonomy) -> None:
    damaged = page(body=(SUBTITLE, "Čačak – X.")).replace(b"X", b"\xff")
    assert draft_of(damaged, osce).paragraphs[-1] == "Čačak – \ufffd."


# -- Pages without an item -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\xef\xbb\xbf\r\n \xc2\xa0\t\n", Reason.EMPTY),
        (b"\x00" * 100, Reason.BINARY),
        (page() + b"\x00", Reason.BINARY),
        (page().decode().encode("utf-16-le"), Reason.BINARY),
        (b"\xff\xfe\x00\xd8\x00\x20", Reason.BINARY),
        (bytes(range(1, 256)), Reason.BINARY),
        (b"plain \x81\x8d\x8f text", Reason.BINARY),
        (page(head=(), labels=(), body=(), footer=()), Reason.MENU_ONLY),
        (page(head=(), labels=(), body=(), footer=("-", "Countries")), Reason.MENU_ONLY),
        (page(labels=(), body=(), footer=()), Reason.INCOMPLETE),
        (page(menu=(), labels=(), body=(), footer=()), Reason.INCOMPLETE),
        (page(head=("Feature", TITLE), labels=(), body=(), footer=()), Reason.INCOMPLETE),
        (page(labels=("- Issued on",), body=(), footer=()), Reason.INCOMPLETE),
        (page(labels=("- Issued on:",), body=(), footer=()), Reason.INCOMPLETE),
        (page(body=(), footer=()), Reason.INCOMPLETE),
        (page(body=()), Reason.INCOMPLETE),
        (page(body=(SUBTITLE[:30],), footer=()), Reason.INCOMPLETE),
        (page(head=()), Reason.INCOMPLETE),
        (page(head=("News Item",)), Reason.INCOMPLETE),
        (b"just a line", Reason.NOT_NEWS),
        (page(head=("Policing", "Our challenge", MORE, "Our action", MORE), labels=()),
         Reason.NOT_NEWS),
        (page(menu=(), head=("One", "Two", "Three", "Four", "Five.", "Six.", "Seven.")),
         Reason.NOT_NEWS),
        (page(labels=("- Issued by:", "- " + ", ".join(f"Office {n}" for n in range(300)))),
         Reason.NOT_NEWS),
    ],
)  # fmt: skip
def test_what_holds_no_item_is_refused_with_its_reason(
    osce: Taxonomy, body: bytes, reason: Reason
) -> None:
    answer = refused(body, osce)
    assert answer.reason is reason
    assert answer.evidence or reason is Reason.EMPTY
    assert len(str(answer)) < 200


def test_a_long_title_is_quoted_in_part(osce: Taxonomy) -> None:
    answer = refused(page(head=("News Item", "T" * 1_000_000), body=()), osce)
    assert len(str(answer)) < 200


@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer(osce: Taxonomy, body: bytes) -> None:
    assert isinstance(understand(document(body), osce), Parsed | Refused)


FORM_B = ("Newsroom", "KYIV 26 June 2021", "At work, 3 June 2021. (OSCE) Photo details")
LISTING = ("Publishing date: 22 January 2025", "Content type: News", "What we do: Policing")
LINES = st.sampled_from(
    [*MENU, *HEAD, *LABELS, *BODY, *FOOTER, *FORM_B, *LISTING, "VIENNA, 3 June 2002 – ", "-", "\0"]
)


@given(st.lists(LINES | st.text(max_size=20), max_size=25))
def test_any_lines_get_an_answer(osce: Taxonomy, lines: list[str]) -> None:
    body = "\n".join(lines).encode("utf-8", "surrogatepass")
    understood = understand(document(body), osce)
    if isinstance(understood, Parsed):
        for draft in understood.drafts:
            shown = "".join((draft.title, draft.summary, *draft.paragraphs, draft.dateline or ""))
            assert draft.title
            assert bool(draft.paragraphs) is not draft.partial
            assert all(ord(character) >= 0x20 for character in shown)


@given(st.binary(min_size=1, max_size=8), st.integers(min_value=0))
def test_a_damaged_example_gets_an_answer(osce: Taxonomy, damage: bytes, place: int) -> None:
    body = TRAINING
    at = place % len(body)
    damaged = body[:at] + damage + body[at + len(damage) :]
    assert isinstance(understand(document(damaged), osce), Parsed | Refused)


def test_an_example_cut_off_above_its_body_is_never_an_item(osce: Taxonomy) -> None:
    body = TRAINING
    allowed = {Reason.EMPTY, Reason.MENU_ONLY, Reason.INCOMPLETE}
    reasons = {refused(body[:length], osce).reason for length in range(0, 3500, 3)}
    assert reasons <= allowed


# -- Damage and tables -----------------------------------------------------------------------------

RUSSIAN = page(
    head=("News Item", "Семинар о воде прошел в Оше", "Вода есть у всех, а право — нет."),
    body=("Вода есть у всех, а право — нет.", "Участники обсудили доступ к воде и ее цену."),
).decode()


@pytest.mark.parametrize("media_type", ["text/plain; charset=windows-1251", "text/plain", None])
def test_windows_1251_is_understood(osce: Taxonomy, media_type: str | None) -> None:
    read = document(RUSSIAN.encode("cp1251"))
    understood = understand(replace(read, media_type=media_type), osce)
    assert isinstance(understood, Parsed)
    assert understood.drafts[0].title == "Семинар о воде прошел в Оше"


def test_a_wrong_declaration_does_not_spoil_utf_8(osce: Taxonomy) -> None:
    read = replace(document(RUSSIAN.encode()), media_type="text/plain; charset=windows-1251")
    understood = understand(read, osce)
    assert isinstance(understood, Parsed)
    assert understood.drafts[0].title == "Семинар о воде прошел в Оше"


def test_damaged_labels_are_labels(osce: Taxonomy) -> None:
    labels = ("- Издатель:", "- OSCE Secretariat", "- Сферы деятельности:", "- Policing")
    whole = page(head=("Policing", "Škola “Čuvar” u Đakovu", SUBTITLE), labels=labels).decode()
    damaged = whole.encode().decode("latin-1").replace("\x85", "\N{HORIZONTAL ELLIPSIS}")
    understood = understand(document(damaged.encode()), osce)
    assert isinstance(understood, Parsed)
    (draft,) = understood.drafts
    assert [label.slug for label in (*draft.issuers, *draft.fields)] == ["secretariat", "policing"]
    # The labels are Russian, the text is not.
    assert (draft.title, draft.language) == ("Škola “Čuvar” u Đakovu", "en")
    assert Mark.MENDED in draft.marks


def test_a_mark_is_for_damaged_words_only(osce: Taxonomy) -> None:
    damaged = page(menu=(*MENU[:-1], "- Ãœber uns", "- About us"))
    assert draft_of(damaged, osce) == draft_of(page(), osce)


def test_a_damaged_page_that_is_none_is_refused(osce: Taxonomy) -> None:
    assert refused(("Ãœber uns", "Nothing."), osce).reason is Reason.NOT_NEWS


@given(st.text(alphabet="Ã©â€\x9d\x81Å aé\n -:", max_size=200))
def test_no_draft_holds_a_control_character(osce: Taxonomy, wild: str) -> None:
    understood = understand(document(page(body=(SUBTITLE, wild, MORE))), osce)
    assert isinstance(understood, Parsed)
    words = "".join((understood.drafts[0].title, *understood.drafts[0].paragraphs))
    assert not any("\x7f" <= character <= "\x9f" for character in words)
