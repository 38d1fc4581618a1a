"""What belongs to languages is known without a word of it in an organisation's file."""

import pytest

from feeds.catalogue import catalogue
from feeds.draft import Document, Parsed
from feeds.errors import TaxonomyError
from feeds.model import TopicKind
from feeds.parse import understand
from feeds.publish.feed import facet_name
from feeds.taxonomy import Slot, Taxonomy
from tests.pages import PLENARY

TOPICS = '[[field]]\nslug = "water"\nlabel = "Water"\n'

PAGE = """\
Topics
- Water
Pressemitteilung
Neue Leitung für den Stadtteil Nord
Herausgegeben am: 12. März 2024
Herausgegeben von: Wasserwerk
Themenfelder: Water

Das Wasserwerk verlegt im April eine neue Leitung im Stadtteil Nord, die alte stammt von 1931.

Die Arbeiten dauern sechs Wochen, das Wasser wird an zwei Vormittagen abgestellt.
"""


def kinds(text: str) -> dict[str, str]:
    return {each.ref.slug: each.label for each in Taxonomy.from_toml(text).of(TopicKind.TYPE)}


def understood(body: bytes, taxonomy: Taxonomy) -> tuple[str, str | None, str]:
    parsed = understand(Document(source="", name="", body=body), taxonomy)
    assert isinstance(parsed, Parsed)
    [draft] = parsed.drafts
    kind = draft.content_type.slug if draft.content_type else ""
    return draft.form, kind, draft.title


def test_a_file_of_topics_alone_reads_the_pages_of_any_organisation() -> None:
    """They were form C, with the kind for a title."""
    taxonomy = Taxonomy.from_toml(TOPICS)
    form, kind, title = understood(PLENARY, taxonomy)
    assert (form, kind) == ("A", "news")
    assert title != "News Item"
    own = Taxonomy.from_toml("language = 'de'\n" + TOPICS)
    assert understood(PAGE.encode(), own)[1:] == (
        "press-release",
        "Neue Leitung für den Stadtteil Nord",
    )


def test_a_kind_that_is_not_told_apart_is_one_all_the_same() -> None:
    taxonomy = Taxonomy.from_toml("type = []\n" + TOPICS)
    assert understood(PLENARY, taxonomy)[:2] == ("A", None)
    assert taxonomy.kind_label("Water") is None
    assert taxonomy.kind_label("News " * 200) is None


def test_kinds_of_news_are_those_of_everybody_until_a_file_lists_its_own() -> None:
    assert list(kinds(TOPICS)) == [
        "news",
        "press-release",
        "press-statement",
        "daily-report",
        "weekly-report",
    ]
    assert kinds("language = 'de-AT'")["press-release"] == "Pressemitteilung"
    assert kinds("[[type]]\nslug = 'news'\n[[type]]\nslug = 'tender'\nlabel = 'Tender'") == {
        "news": "News",
        "tender": "Tender",
    }


def test_a_name_that_a_file_gives_goes_before_that_of_everybody() -> None:
    taxonomy = Taxonomy.from_toml(
        "[[type]]\nslug = 'news'\nlabel = 'Report'\nlabels = { fr = 'Compte rendu' }\n"
        "[[type]]\nslug = 'notice'\nlabel = 'Notice'\naliases = ['Meldung', 'News Item']\n"
        "[[type]]\nslug = 'press-release'\n"
        "labels = { fr = 'Au sujet de' }\naliases = ['To media']\n"
    )
    news = taxonomy.find("type:news")
    assert (news.label_in("fr"), news.label_in("de")) == ("Compte rendu", "Report")
    for name, slug in (
        ("Nachrichten", "news"),
        ("Meldung", "notice"),
        ("News item", "notice"),
        ("To media", "press-release"),
        ("Media release", "press-release"),
    ):
        label = taxonomy.kind_label(name)
        assert label
        assert label.slug == slug
    release = taxonomy.find("type:press-release")
    assert (release.label_in("fr"), release.label_in("de")) == ("Au sujet de", "Pressemitteilung")


@pytest.mark.parametrize(
    "text",
    [
        "type = 1",
        "type = [1]",
        "[[type]]\nslug = 1",
        "[[type]]\nslug = 'news'\nlabels = 1",
        "[[type]]\nslug = 'news'\naliases = 1",
        "[[type]]\nslug = 'news'\naliases = [1]",
        "[kinds.theme]\nname = 'Theme'\nplural = 'Themes'",
        "[kinds.field]\nname = 'Theme'",
    ],
)
def test_what_is_no_list_of_kinds_is_told(text: str) -> None:
    with pytest.raises(TaxonomyError):
        Taxonomy.from_toml(text)


def test_a_label_of_its_own_stands_beside_what_any_page_writes() -> None:
    taxonomy = Taxonomy.from_toml(TOPICS + '[labels.en]\nfields = ["What we do", "Published by"]\n')
    assert taxonomy.slot("What we do:") is Slot.FIELDS
    assert taxonomy.slot("Issued by:") is Slot.ISSUERS
    assert taxonomy.slot("Published by:") is Slot.FIELDS
    assert taxonomy.languages_of("Izdavač:") == {"bs", "hr", "sr"}


def test_what_a_facet_is_called_stands_before_its_topics_too() -> None:
    """It was body text, and the item filed nowhere, in silence."""
    kinds = '[kinds.field]\nname = "Thema"\nplural = "Themen"\nplurals = { fr = "Thèmes" }\n'
    # Of places no document prints a list.
    kinds += '[kinds.country]\nname = "Ort"\nplural = "Orte"\n'
    taxonomy = Taxonomy.from_toml(f"language = 'de'\n{TOPICS}{kinds}")
    assert taxonomy.slot("Orte:") is None
    assert [taxonomy.slot(text) for text in ("Thema:", "Themen:", "Thèmes:")] == [Slot.FIELDS] * 3
    assert taxonomy.languages_of("Thèmes") == {"fr"}
    assert taxonomy.languages_of("Themen") == {"de"}
    parsed = understand(
        Document(source="", name="", body=PAGE.replace("Themenfelder", "Themen").encode()), taxonomy
    )
    assert isinstance(parsed, Parsed)
    [draft] = parsed.drafts
    assert [label.slug for label in draft.fields] == ["water"]
    issuers = '[kinds.issuer]\nname = "Issued on"\nplural = "Stations"\n'
    taxonomy = Taxonomy.from_toml(TOPICS + issuers)
    assert taxonomy.slot("Issued on:") is Slot.ISSUED
    assert taxonomy.slot("Stations:") is Slot.ISSUERS
    assert taxonomy.languages_of("Stations") == frozenset()


def test_facets_are_called_as_the_organisation_calls_them() -> None:
    themes = '[kinds.field]\nname = "Theme"\nplural = "Themes"\nplurals = { fr = "Thèmes" }\n'
    untold, english = Taxonomy.from_toml(themes), Taxonomy.from_toml(f"language = 'en'\n{themes}")
    for taxonomy, tag, name, names in (
        (english, "en", "Theme", "Themes"),
        (english, "fr", "Sujet", "Thèmes"),
        (english, "de", "Sachgebiet", "Sachgebiete"),
        (untold, "de", "Theme", "Themes"),
    ):
        words = catalogue(tag)
        assert facet_name("field", taxonomy, words, many=False) == name
        assert facet_name("field", taxonomy, words) == names
    assert facet_name("issuer", english, catalogue("en")) == "Issuers"
