"""What is followed is called as on the site, in the language of the reader, and led to."""

import pytest

from feeds.model import Label, TopicKind
from feeds.publish.site import SavedSelection
from feeds.selection import Selection
from feeds.taxonomy import Taxonomy
from tests.digests import named

SITE = "https://news.example.org"
TOPICS = Taxonomy.from_toml(
    'language = "en"\n'
    '[[field]]\nslug = "policing"\nlabel = "Policing"\nlabels.de = "Polizei"\nlabels.ar = "شرطة"\n'
    '[[issuer]]\nslug = "secretariat"\nlabel = "Secretariat"\n'
)
BORDERS = SavedSelection(
    name="borders",
    title="Border security",
    selection=Selection.parse("field=border-management&q=security"),
)


@pytest.mark.parametrize(
    ("language", "query", "label", "path"),
    [
        ("en", "", "All news", "feeds/all"),
        ("ru", "", "Все новости", "feeds/all"),
        ("en", "field=policing", "Policing", "feeds/fields/policing"),
        ("en", "language=ru", "Russian", "feeds/select?language=ru"),
        ("de", "language=ru", "Russisch", "feeds/select?language=ru"),
        (
            "fr",
            "q=borders&field=policing&field=elections&country=kyrgyzstan",
            "Elections ou Policing · Kyrgyzstan · «\xa0borders\xa0»",
            "feeds/select?field=elections&field=policing&country=kyrgyzstan&q=borders",
        ),
        ("de", "country=kyrgyzstan", "Kirgisistan", "feeds/countries/kyrgyzstan"),
        ("en", "field=border-management&q=security", "Border security", "feeds/selections/borders"),
    ],
)
def test_a_selection_is_called_by_what_it_asks_for(
    language: str, query: str, label: str, path: str
) -> None:
    page = named(selections=(BORDERS,)).page(Selection.parse(query), language)
    feed, mark, asked = path.partition("?")
    assert page.label == label
    assert page.url == f"{SITE}/{feed}/{mark}{asked}"
    assert page.feed_url == f"{SITE}/{feed}.atom{mark}{asked}"


def test_a_title_of_settings_is_in_the_language_of_the_site() -> None:
    by_name = named(selections=(BORDERS,))
    assert by_name.page(BORDERS.selection, "de").language == "en"
    assert by_name.page(Selection(), "de").language == "de"


def test_a_topic_says_in_which_language_and_direction_it_is_named() -> None:
    by_name = named(TOPICS)
    policing = Selection.parse("field=policing")
    said = {tag: by_name.page(policing, tag) for tag in ("de", "fr", "ar")}
    assert {tag: page.language for tag, page in said.items()} == {
        "de": "de",
        "fr": "en",
        "ar": "ar",
    }
    assert said["ar"].direction == "rtl"
    assert said["de"].direction == "ltr"


def test_a_topic_that_left_the_taxonomy_leads_to_the_front_page() -> None:
    page = named().page(Selection.parse("field=gone&q=words"), "en")
    assert (page.label, page.url, page.feed_url) == ("gone · words", f"{SITE}/", "")


def test_where_nobody_answers_no_page_is_promised_that_is_made_when_asked_for() -> None:
    by_name = named(has_search=False)
    asked = by_name.page(Selection.parse("field=policing&issuer=secretariat"), "en")
    assert (asked.url, asked.feed_url) == (f"{SITE}/", "")
    assert by_name.page(Selection.parse("field=policing"), "en").feed_url


@pytest.mark.parametrize(
    ("slug", "language", "called"),
    [
        ("policing", "de", "Polizei"),
        ("policing", "fr", "The police"),
        ("gone", "de", "The police"),
        (None, "de", "The police"),
    ],
)
def test_a_label_is_told_as_it_was_printed_unless_its_topic_has_a_name(
    slug: str | None, language: str, called: str
) -> None:
    label = Label(kind=TopicKind.FIELD, text="The\0 police", slug=slug)
    assert named(TOPICS).printed(label, language) == called
