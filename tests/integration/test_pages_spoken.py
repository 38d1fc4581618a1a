"""A site in another language than English holds no word of English, in its pages, feeds and mails.

What it publishes is in Greek, as are the names of its topics, so that what the site says itself can
be told from what it shows.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import feedparser
import httpx2
import pytest
from lxml import etree, html
from lxml.html import HtmlElement

import notifier.catalogue
from feeds.catalogue import catalogue, languages
from feeds.draft import Draft
from feeds.model import Author, Enclosure, Item, TopicKind, TopicRef
from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.publish.site import Site
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from notifier.digest.named import Named
from notifier.digest.render import Renderer
from notifier.mail.message import fill
from notifier.model import Frequency
from notifier.storage import VERSIONS
from notifier.subscribers.links import MailLinks
from tests.builders import a_draft, a_label, a_sender, a_subscriber, only
from tests.digests import DAY, MOST_BYTES, VALUES, body, of, parsed
from tests.items import NOON, a_site, issued, store
from tests.outbox import subscribe
from tests.serving import NOW, SECRET, a_web_app, serving

PUBLIC_ID = "a1b2c3d4e5f6"
OTHERS = sorted(set(languages()) - {"en"})
#: A usual label, which nobody is to see, and what the readers of the site call the topic.
TOPICS = {
    "field": ("fishing", "Αλιεία"),
    "issuer": ("harbour", "Λιμάνι"),
    "country": ("lakeland", "Λίμνη"),
    "type": ("broadsheet", "Δελτίο"),
}
MADE_WHEN_ASKED = (
    "/u/damaged",
    "/d/damaged",
    "/subscribe",
    "/subscribe?select=field%3Dfishing",
    "/subscribe/sent",
    "/confirm/damaged",
    "/nothing",
    "/mails",
    "/feeds/select/",
    "/feeds/select/?field=fishing&issuer=harbour&language=el",
    "/feeds/select/?q=%CF%88%CE%AC%CF%81%CE%B9%CE%B1",
    "/feeds/select/?q=%CE%BE%CE%BE",
    "/feeds/select/?field=zzz",
    "/feeds/select/?field=Ξ!",
    "/feeds/select/?language=Ξ",
    "/feeds/select/?q=-",
)
#: What a person reads, or is read out to; programs of other kinds read scripts and styles.
READ = "//text()[not(parent::script or parent::style)] | //@aria-label | //@title | //@alt"
DESCRIBED = "//meta[@name='description']/@content"


def a_taxonomy(language: str) -> Taxonomy:
    terms = (
        f'[[{kind}]]\nslug = "{slug}"\nlabel = "{slug} board"\nlabels.{language} = "{label}"\n'
        f'[[{kind}]]\nslug = "{slug}-2"\nparent = "{slug}"\nlabel = "old {slug}"\nclosed = true\n'
        f'labels.{language} = "{label} ΙΙ"\n'
        for kind, (slug, label) in TOPICS.items()
    )
    return Taxonomy.from_toml("".join(terms))


def a_site_in(language: str, **changes: object) -> Site:
    return a_site(language=language, title="Νέα", organisation="ΟΛΛ", **changes)


def drafts() -> list[Draft]:
    label = {
        kind: a_label(f"{slug} board", slug, TopicKind(kind)) for kind, (slug, _) in TOPICS.items()
    }
    whole = a_draft(
        title="Ψάρια",
        summary="Ψάρια στη λίμνη.",
        paragraphs=("Πολλά ψάρια.",),
        language="el",
        authors=(Author(name="Μαρία"),),
        content_type=label["type"],
        issuers=(label["issuer"],),
        fields=(label["field"],),
        countries=(label["country"],),
        enclosures=(Enclosure(url="https://example.org/1.pdf", title="Χάρτης"),),
        url="https://example.org/1",
    )
    return [whole, replace(whole, title="Πέστροφα", issued=issued("2026-11-18"), url=None)]


def english(language: str) -> frozenset[str]:
    """The words of English that the language does not have."""
    own, others = (
        {
            word
            for text in catalogue(tag, notifier.catalogue.FOLDER).said.values()
            for word in re.findall("[a-z]{3,}", re.sub("{.*?}", "", text.lower()))
        }
        for tag in (language, "en")
    )
    usual = {word for slug, _ in TOPICS.values() for word in (slug, "board", "old")}
    assert len(others - own) > 100
    return frozenset(others - own | usual)


def strangers(text: str, language: str) -> set[str]:
    # Addresses and parameters are no words, and names of formats are the same everywhere.
    names = r"[«„]\s?(?:field|language|q)\s?[»“]|\bfield:[a-z0-9-]+|\b(?:maildir|json feed)\b"
    text = re.sub(rf"\S+[/@]\S+|\bexample\.org\b|{names}", " ", text.lower())
    return set(re.findall("[a-z]{3,}", text)) & english(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A site that is up: what it has published, an item in full, one in brief, one that moved and
    one that was withdrawn; and one item of it.
    """

    language: str
    url: str
    root: Path
    files: tuple[str, ...]
    item: Item


@pytest.fixture(scope="module", params=OTHERS)
def spoken(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Spoken]:
    language: str = request.param
    folder = tmp_path_factory.mktemp(language)
    root, site, taxonomy = folder / "public", a_site_in(language), a_taxonomy(language)
    with closing(Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)) as database:
        database.migrate()
        own = store(database, taxonomy, drafts())
        [brief, *_] = store(database, taxonomy, drafts(), source="web")
        with database.writing() as connection:
            hiding.merge(connection, own[1].number, own[0].number, NOON)
            write_items.set_hidden(connection, [brief.number], {"withdrawn_at": NOW}, NOW)
        reader = a_subscriber(public_id=PUBLIC_ID, topics=(TopicRef(TopicKind.FIELD, "fishing"),))
        subscribe(database, replace(reader, language=language))
        files = publish(database, taxonomy, Files(root), site).files
        app = a_web_app(database, taxonomy, root, maildir=folder / "mails", site=site)
        with serving(app) as url:
            yield Spoken(language=language, url=url, root=root, files=files, item=own[0])


def test_no_page_holds_a_word_of_english(spoken: Spoken) -> None:
    """Nor one that is hidden until somebody asks for it."""
    pages = [f"/{path}" for path in spoken.files if path.endswith(".html")]
    leave = MailLinks(base_url="", secret=SECRET).unsubscribe(PUBLIC_ID, 1)
    found = {}
    with httpx2.Client(follow_redirects=True) as client:
        for path in (*pages, leave, *MADE_WHEN_ASKED):
            page: HtmlElement = html.document_fromstring(client.get(f"{spoken.url}{path}").content)
            assert page.get("lang") == spoken.language
            said = " ".join(map(str, page.xpath(f"{READ} | {DESCRIBED}")))
            if words := strangers(said, spoken.language):
                found[path] = words
    assert found == {}
    assert len(pages) > 12


def test_no_feed_holds_one_either(spoken: Spoken) -> None:
    for path in (path for path in spoken.files if path.endswith((".atom", ".rss", ".opml"))):
        document = etree.parse(spoken.root / path)
        said = [str(text) for text in document.getroot().itertext() if text != "Fieldfare"]
        for element in document.iter("*"):
            said += [element.get(name, "") for name in ("text", "title", "description", "label")]
        assert strangers(" ".join(said), spoken.language) == set(), path
    for path in (path for path in spoken.files if path.endswith(".json")):
        document = json.loads((spoken.root / path).read_text("utf-8"))
        assert document["language"] == spoken.language
        said = [document["title"], document["description"]]
        said += [tag for item in document["items"] for tag in item.get("tags", ())]
        assert strangers(" ".join(said), spoken.language) == set(), path
    parsed = feedparser.parse((spoken.root / "feeds/fields/fishing.atom").read_bytes())
    assert (parsed.feed.title, parsed.feed.language) == ("Αλιεία · ΟΛΛ", spoken.language)
    assert "Αλιεία" in parsed.feed.subtitle


def test_no_digest_holds_one_either(spoken: Spoken) -> None:
    named = Named(a_site_in(spoken.language), a_taxonomy(spoken.language))
    followed = tuple(map(only, sorted(spoken.item.topics)))
    digest = of(spoken.item, follows=followed)
    sender = a_sender(name="Νέα", site_title="Νέα", contact="news@example.org")
    rendered = Renderer(sender, named, most_bytes=MOST_BYTES).render(
        digest, follows=followed, frequency=Frequency.DAILY, day=DAY, language=spoken.language
    )
    mail = bytes(fill(rendered, VALUES))
    page = re.sub("<style.*?</style>|<[^>]*>", " ", body(mail, "html"), flags=re.DOTALL)
    subject = str(parsed(mail)["subject"])
    assert strangers(" ".join((subject, body(mail, "plain"), page)), spoken.language) == set()
    assert subject.endswith("Λίμνη")
