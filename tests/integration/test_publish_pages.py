"""What the page of an item leads to: those around it stay true whatever happens to them."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from feeds.model import Item
from feeds.publish.files import Files
from feeds.publish.rebuild import PublishReport, publish
from feeds.storage import write_items
from feeds.storage.database import Database
from feeds.storage.tables import items
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import NOON, a_site, revise, store

FEW = Taxonomy.from_toml(
    '[[field]]\nslug = "policing"\nlabel = "Policing"\n'
    '[[issuer]]\nslug = "secretariat"\nlabel = "Secretariat"\n'
    '[[type]]\nslug = "news"\nlabel = "News"\n'
)


@pytest.fixture
def engine() -> str:
    """A page is made of finished values, whatever store they are of."""
    return "sqlite"


class Pages:
    """A site of few topics, published after each change."""

    def __init__(self, database: Database, public: Path) -> None:
        self.database = database
        self.public = public

    def publish(self, *, everything: bool = False) -> PublishReport:
        return publish(self.database, FEW, Files(self.public), a_site(), everything=everything)

    def add(self, *titles: str, days: float = 0, language: str = "en") -> list[Item]:
        drafts = [a_draft(title=title, language=language) for title in titles]
        return [*store(self.database, FEW, drafts, at=NOON + timedelta(days=days))]

    def withdraw(self, *what: Item) -> None:
        with self.database.writing() as connection:
            numbers = [item.number for item in what]
            write_items.set_hidden(connection, numbers, {"withdrawn_at": NOON}, NOON)

    def restore(self, *what: Item) -> None:
        with self.database.writing() as connection:
            write_items.restore(connection, "own", [item.number for item in what], NOON)

    def group(self, leading: Item, *others: Item) -> None:
        """Those others say what the leading one says, as if they had come so."""
        with self.database.writing() as connection:
            for item in others:
                of = items.c.number == item.number
                connection.execute(items.update().where(of).values(group=leading.number))

    def page(self, item: Item) -> Any:
        path = self.public / "items" / item.slug / "index.html"
        return html.fromstring(path.read_text("utf-8"))

    def beside(self, item: Item) -> list[str]:
        return [each.text_content() for each in self.page(item).xpath("//nav[@class='beside']/p")]

    def files(self) -> Mapping[str, bytes]:
        found = (path for path in self.public.rglob("*") if path.is_file())
        return {str(path.relative_to(self.public)): path.read_bytes() for path in found}


@pytest.fixture
def pages(database: Database, tmp_path: Path) -> Pages:
    return Pages(database, tmp_path / "public")


def test_a_page_leads_to_the_items_before_and_after_it_as_they_became_news(pages: Pages) -> None:
    one, two, three = pages.add("One", "Two", "Three")
    [old] = pages.add("Old", days=-900)
    pages.publish()
    assert pages.beside(old) == ["Later: One"]
    assert pages.beside(one) == ["Later: Two", "Earlier: Old"]
    assert pages.beside(two) == ["Later: Three", "Earlier: One"]
    assert pages.beside(three) == ["Earlier: Two"]
    (address,) = pages.page(three).xpath("//nav[@class='beside']//a/@href")
    assert address == f"/items/{two.slug}/"


def test_the_only_item_leads_to_none(pages: Pages) -> None:
    [one] = pages.add("One")
    pages.publish()
    assert pages.page(one).xpath("//nav[@class='beside']") == []


def pages_of(report: PublishReport) -> set[str]:
    return {path.split("/")[1] for path in report.files if path.startswith("items/")}


@pytest.mark.parametrize(
    ("happens", "written"),
    [
        (lambda pages, _: pages.add("New", days=1), {"Five"}),
        (lambda pages, _: pages.add("Filed late", days=-1), {"One", "Two"}),
        (lambda pages, known: pages.withdraw(known["Three"]), {"Two", "Three", "Four"}),
        (
            lambda pages, known: revise(
                pages.database, FEW, known["Two"], a_draft(title="Renamed"), NOON
            ),
            {"One", "Two", "Three"},
        ),
    ],
    ids=["new", "late", "withdrawn", "renamed"],
)
def test_only_the_pages_beside_what_changed_are_written(
    pages: Pages, happens: Callable[[Pages, Mapping[str, Item]], object], written: set[str]
) -> None:
    known = {}
    for number, title in enumerate(("One", "Two", "Three", "Four", "Five")):
        [known[title]] = pages.add(title, days=-8 + 7 * (number > 0) + number / 10)
    pages.publish()
    happens(pages, known)
    touched = pages_of(pages.publish())
    assert {title for title, item in known.items() if item.slug in touched} == written
    assert pages.publish().files == ()


def test_a_withdrawn_item_is_led_to_again_once_it_is_back(pages: Pages) -> None:
    one, two, three = pages.add("One", "Two", "Three")
    pages.publish()
    pages.withdraw(two)
    pages.publish()
    assert pages.beside(one) == ["Later: Three"]
    assert pages.beside(three) == ["Earlier: One"]
    pages.restore(two)
    pages.publish()
    assert pages.beside(one) == ["Later: Two"]
    assert pages.beside(three) == ["Earlier: Two"]


def test_versions_in_other_languages_lead_to_each_other(pages: Pages) -> None:
    [english] = pages.add("Statement")
    [german] = pages.add("Erklärung", language="de")
    [persian] = pages.add("بیانیه", language="fa")
    [twin] = pages.add("Noch eine Erklärung", language="de")
    pages.group(english, german, persian, twin)
    pages.publish()
    links = pages.page(english).xpath("//article//a[@hreflang]")
    assert [(a.text, a.get("lang"), a.get("dir"), a.get("href")) for a in links] == [
        ("Deutsch", "de", None, f"/items/{german.slug}/"),
        ("فارسی", "fa", "rtl", f"/items/{persian.slug}/"),
    ]
    for item in (english, german, persian):
        alternates = pages.page(item).xpath("//head/link[@rel='alternate'][@hreflang]")
        assert {(each.get("hreflang"), each.get("href")) for each in alternates} == {
            ("en", f"https://news.example.org/items/{english.slug}/"),
            ("de", f"https://news.example.org/items/{german.slug}/"),
            ("fa", f"https://news.example.org/items/{persian.slug}/"),
        }
    pages.withdraw(german, twin)
    assert persian.slug in pages_of(pages.publish())
    assert [a.text for a in pages.page(english).xpath("//article//a[@hreflang]")] == ["فارسی"]


def test_an_item_of_one_language_names_no_version(pages: Pages) -> None:
    one, two = pages.add("One", "Other")
    pages.group(one, two)
    pages.publish()
    assert pages.page(one).xpath("//*[@hreflang]") == []


@pytest.mark.parametrize("seed", range(3))
def test_what_is_published_bit_by_bit_is_what_would_be_published_at_once(
    pages: Pages, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    known: list[Item] = []
    hidden: list[Item] = []
    for step in range(16):
        happens = chance.choice(("add", "add", "add", "withdraw", "restore", "revise"))
        if happens == "withdraw" and known:
            hidden.append(known.pop(chance.randrange(len(known))))
            pages.withdraw(hidden[-1])
        elif happens == "restore" and hidden:
            known.append(hidden.pop(chance.randrange(len(hidden))))
            pages.restore(known[-1])
        elif happens == "revise" and known:
            at = NOON + timedelta(days=40 + step)
            revise(pages.database, FEW, chance.choice(known), a_draft(title=f"Revised {step}"), at)
        else:
            known += pages.add(f"Item {step}", days=chance.randrange(-30, 30))
        if chance.random() < 0.7:
            pages.publish()
    pages.publish()
    again = Pages(pages.database, tmp_path / "again")
    again.publish(everything=True)
    assert pages.files() == again.files()


def front_page(pages: Pages) -> Any:
    return html.fromstring((pages.public / "index.html").read_text("utf-8"))


def test_the_front_page_shows_the_latest_news_and_counts_that_are_true(pages: Pages) -> None:
    for number in range(7):
        pages.add(f"Item {number}", days=number - 60)
    pages.publish()
    page = front_page(pages)
    titles = page.xpath("//section[@aria-labelledby='latest']//h3/a/text()")
    assert titles == [f"Item {number}" for number in range(6, 1, -1)]
    [new] = pages.add("New")
    assert "index.html" in pages.publish().files
    page = front_page(pages)
    assert page.xpath("//h3/a/text()")[0] == "New"
    (count,) = page.xpath("//li[div//a = 'Policing']//*[@class='count']/text()")
    assert count == "8 items, latest on 20 November 2026"
    pages.withdraw(new)
    pages.publish()
    (count,) = front_page(pages).xpath("//li[div//a = 'Policing']//*[@class='count']/text()")
    assert count == "7 items, latest on 27 September 2026"


def test_the_sitemap_is_written_anew_where_it_changed(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.storage.published.sitemap_parts.PART_ITEMS", 2)
    one, two, three = pages.add("One", "Two", "Three")
    pages.publish()
    names = {path for path in pages.files() if "sitemap" in path and path.endswith(".xml")}
    assert names == {
        *("sitemap.xml", "sitemap-pages.xml", "sitemap-items-1.xml", "sitemap-items-2.xml")
    }
    pages.add("Four", days=1)
    files = pages.publish().files
    assert {path for path in files if "sitemap" in path} == {"sitemap-items-2.xml", "sitemap.xml"}
    pages.withdraw(one, two)
    pages.publish()
    assert "sitemap-items-1.xml" not in pages.files()
    assert b"items-1" not in pages.files()["sitemap.xml"]
    pages.restore(one)
    pages.publish()
    assert one.slug.encode() in pages.files()["sitemap-items-1.xml"]
    assert two.slug.encode() not in pages.files()["sitemap-items-1.xml"]
    assert three.slug.encode() in pages.files()["sitemap-items-2.xml"]


def test_an_operators_robots_txt_stays_as_it_is(pages: Pages) -> None:
    pages.public.mkdir()
    (pages.public / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    pages.publish()
    assert (pages.public / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"
