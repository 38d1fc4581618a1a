"""What every draft gets: mended text, the facts of its lead, an issuer and a language."""

from dataclasses import replace
from datetime import date

import pytest

from feeds.draft import Document, Draft, Parsed, Reason, Refused
from feeds.model import Issued, IssuedFrom, Label, Mark, TopicKind
from feeds.parse import finished, understand
from feeds.taxonomy import Taxonomy

DOCUMENT = Document(source="own", name="a", body=b"x")
PARAGRAPH = "The course was held in the capital with the support of the Ministry of the Interior."
DRAFT = Draft(form="A", title="A course for police officers", paragraphs=(PARAGRAPH,))
ODIHR = "office-for-democratic-institutions-and-human-rights"
POLICING = Label(kind=TopicKind.FIELD, text="Policing", slug="policing")


def finish(draft: Draft, taxonomy: Taxonomy, document: Document = DOCUMENT) -> Draft:
    (draft,) = finished(Parsed(form="A", drafts=(draft,)), document, taxonomy).drafts
    return draft


def test_a_language_is_found_and_marked_as_a_guess(osce: Taxonomy) -> None:
    """Nobody shall take it for the publisher's word."""
    draft = finish(DRAFT, osce)
    assert (draft.language, draft.marks) == ("en", frozenset({Mark.GUESSED_LANGUAGE}))


def test_a_stated_language_is_no_guess(osce: Taxonomy) -> None:
    """Nothing changes."""
    assert finish(replace(DRAFT, language="en"), osce) == replace(DRAFT, language="en")


def test_mojibake_is_mended_everywhere_and_marked(osce: Taxonomy) -> None:
    """Title, summary, text, dateline."""
    damaged = replace(
        DRAFT,
        language="en",
        title="PRISHTINÃ‹",
        summary="the Missionâ€™s",
        dateline="PRISHTINÃ‹, 3 June 2002",
        paragraphs=("the Missionâ€™s", "whole"),
    )
    draft = finish(damaged, osce)
    assert (draft.title, draft.summary, draft.dateline) == (
        "PRISHTINË",
        "the Mission’s",
        "PRISHTINË, 3 June 2002",
    )
    assert draft.paragraphs == ("the Mission’s", "whole")
    assert draft.marks == {Mark.MENDED}


def test_accents_alone_are_no_damage(osce: Taxonomy) -> None:
    """A text that was right has no mark."""
    draft = replace(DRAFT, language="en", title="Café in Škoplje")
    assert finish(draft, osce) == draft


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.osce.org/odihr/123456", ODIHR),
        ("https://osce.org/ru/odihr/123456", ODIHR),
        ("https://www.osce.org/pc/123456", "permanent-council"),
        ("https://www.osce.org/node/123456", None),
        ("https://www.osce.org/", None),
        ("https://news.example.org/odihr/123456", None),
        (None, None),
    ],
)
def test_the_section_of_the_address_is_the_issuer_of_last_resort(
    url: str | None, slug: str | None, osce: Taxonomy
) -> None:
    """On the organisation's own site, and marked as inferred."""
    draft = finish(replace(DRAFT, language="en", url=url), osce)
    assert [label.slug for label in draft.issuers] == [slug] * (slug is not None)
    assert (Mark.INFERRED_ISSUER in draft.marks) == (slug is not None)


def test_an_issuer_that_is_named_is_not_inferred(osce: Taxonomy) -> None:
    """Whatever the address says."""
    named = Label(kind=TopicKind.ISSUER, text="Press Office", slug=None)
    url = "https://www.osce.org/odihr/123456"
    assert finish(replace(DRAFT, url=url, issuers=(named,)), osce).issuers == (named,)


def test_a_page_is_completed_by_the_lead_that_led_to_it(osce: Taxonomy) -> None:
    """Listings know the day and the topics that pages leave out."""
    issued = Issued(day=date(2025, 1, 22), origin=IssuedFrom.LISTING)
    lead = Draft(
        form="listing", title="A course …", summary="Lead", partial=True, issued=issued,
        fields=(POLICING,),
    )  # fmt: skip
    draft = finish(DRAFT, osce, replace(DOCUMENT, lead=lead))
    assert (draft.title, draft.issued, draft.fields) == (DRAFT.title, issued, (POLICING,))
    assert not draft.partial


def test_what_nobody_sees_goes_without_a_mark(osce: Taxonomy) -> None:
    """Control characters are no damage to what was said."""
    unseen = Label(kind=TopicKind.FIELD, text="Poli\x9fcing", slug=None)
    draft = finish(replace(DRAFT, language="en", title="Šk\x81ola", fields=(unseen,)), osce)
    assert (draft.title, draft.fields[0].text, draft.marks) == ("Škola", "Policing", frozenset())


def test_damaged_names_are_mended_too(osce: Taxonomy) -> None:
    """Kind, issuers, fields and countries are words of the draft."""
    kind = Label(kind=TopicKind.TYPE, text="CommuniquÃ©", slug=None)
    issuer = Label(kind=TopicKind.ISSUER, text="PrÃ©sidence", slug=None)
    draft = finish(
        replace(DRAFT, language="en", title="Â«VlorÃ«Â»", content_type=kind, issuers=(issuer,)),
        osce,
    )
    assert draft.content_type == replace(kind, text="Communiqué")
    assert draft.issuers == (replace(issuer, text="Présidence"),)


def test_characters_that_could_be_damage_and_are_not_stay(osce: Taxonomy) -> None:
    """A letter and a quotation mark of its language."""
    draft = replace(DRAFT, language="en", title="Âge d’or: «À»")
    assert finish(draft, osce) == draft


def listed(taxonomy: Taxonomy, *drafts: Draft) -> list[tuple[str | None, bool]]:
    """The language of each draft of one list, and whether it was guessed."""
    parsed = Parsed(form="listing", drafts=drafts, is_list=True)
    found = finished(parsed, DOCUMENT, taxonomy).drafts
    return [(draft.language, Mark.GUESSED_LANGUAGE in draft.marks) for draft in found]


LEAD = Draft(form="listing", title="Новый курс", partial=True)


def test_leads_too_short_to_tell_are_in_the_language_of_the_others(osce: Taxonomy) -> None:
    """A page is in one language."""
    told = replace(LEAD, language="ru")
    assert listed(osce, LEAD, told) == [("ru", True), ("ru", False)]


def test_a_list_in_several_languages_leaves_short_leads_unknown(osce: Taxonomy) -> None:
    """Nobody can know."""
    others = (replace(LEAD, language="ru"), replace(LEAD, language="uk"))
    assert listed(osce, LEAD, *others) == [(None, False), ("ru", False), ("uk", False)]


@pytest.mark.parametrize(
    ("title", "lent"),
    [
        # Few words, but those of the other.
        ("Neue Brücke eröffnet", None),
        ("Communiqué de presse", None),
        ("Ferry repaired", "en"),
        ("OSCE Kyiv", "en"),
        ("A bridge of the bridges", "en"),
    ],
)
def test_one_item_lends_no_language_to_another_that_speaks_its_own(
    title: str, lent: str | None, osce: Taxonomy
) -> None:
    short, told = (replace(LEAD, title=title), replace(LEAD, title="New course", language="en"))
    assert listed(osce, told, short)[1] == (lent, lent is not None)


def test_what_most_of_a_list_speak_its_others_speak(osce: Taxonomy) -> None:
    short = replace(LEAD, title="Communiqué de presse")
    told = replace(LEAD, title="New course", language="en")
    assert listed(osce, *[told] * 4, short)[-1] == ("en", True)


def test_two_short_items_of_two_languages_share_none(osce: Taxonomy) -> None:
    french, english = (
        replace(LEAD, title=title)
        for title in ("Communiqué de presse", "The office of the mission opens on Sunday")
    )
    assert listed(osce, english, french) == [("en", True), (None, False)]


def test_titles_together_tell_the_language_of_a_list(osce: Taxonomy) -> None:
    """Each alone is too short."""
    titles = ("Курс для полиции", "Встреча в Оше", "Доклад о выборах", "Миссия открыла отделение")
    drafts = [replace(LEAD, title=title) for title in titles]
    assert listed(osce, *drafts) == [("ru", True)] * 4


def test_a_list_of_a_few_words_stays_without_a_language(osce: Taxonomy) -> None:
    """The habits of its source say it then."""
    assert listed(osce, LEAD) == [(None, False)]


def test_the_issuer_s_country_settles_a_text_that_could_be_one_of_three(osce: Taxonomy) -> None:
    """Bosnian, Croatian and Serbian differ in a few words."""
    text = "Misija je danas u gradu predstavila novu obuku za policiju i lokalne novinare."
    issuer = Label(kind=TopicKind.ISSUER, text="OSCE Mission to Croatia", slug="mission-to-croatia")
    draft = replace(DRAFT, title="Nova obuka", paragraphs=(text,), issuers=(issuer,))
    assert finish(draft, osce).language == "hr"


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        ("https://a.example.org/1?utm_source=x&fbclid=y", "https://a.example.org/1"),
        ("https://a.example.org/1?id=7&utm_source=x#top", "https://a.example.org/1?id=7#top"),
        ("https://a.example.org/1?id=7", "https://a.example.org/1?id=7"),
        ("https://a.example.org/1#what?", "https://a.example.org/1#what?"),
    ],
)
def test_addresses_count_no_readers(url: str, shared: str, osce: Taxonomy) -> None:
    """What tracks goes from the address that is shown; the item is found by both."""
    draft = finish(replace(DRAFT, language="en", url=url), osce)
    assert draft.url == shared
    assert draft.also_at == ((url,) if url != shared else ())


@pytest.mark.parametrize(("count", "is_taken"), [(18, True), (20, False)])
def test_a_feed_may_be_larger_than_a_page_and_has_an_end(
    osce: Taxonomy, count: int, is_taken: bool
) -> None:
    item = b"<item><title>One of them</title><comments>%b</comments></item>" % (b"x" * 1_000_000)
    feed = b"<rss version='2.0'><channel><title>A</title>%b</channel></rss>" % (item * count)
    found = understand(Document(source="s", name="f", body=feed), osce)
    if is_taken:
        assert isinstance(found, Parsed)
    else:
        assert isinstance(found, Refused)
        assert found.reason is Reason.TOO_LARGE
