"""Selections that nobody published, asked for through a real server: feeds, pages and lists."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, cast

import httpx2
import pytest
from lxml import etree, html

from feeds import search
from feeds.model import Item, TopicKind
from feeds.publish.selected import SelectedFeeds
from feeds.storage.database import Database
from feeds.storage.edits import hiding
from feeds.taxonomy import Taxonomy
from feeds.web import selections
from feeds.web.request_limits import SharedWork
from notifier.storage import VERSIONS
from tests.builders import a_draft, a_label
from tests.items import NOON, a_site, revise, store
from tests.lint import lint
from tests.lint_twins import lint_json, lint_rss
from tests.serving import a_web_app, serving

ATOM = "{http://www.w3.org/2005/Atom}"
MISSION = a_label("OSCE Mission to Moldova", "mission-to-moldova", TopicKind.ISSUER)
RIGHTS = a_label("Human rights", "human-rights")
URL = "https://news.example.org"
POLICE = "/feeds/select.atom?field=policing&issuer=mission-to-moldova"


@dataclass(slots=True)
class Clock:
    """Goes on when it is told to; so often was ``heard`` that the index may have followed."""

    now: datetime = NOON
    heard: int = 0

    def __call__(self) -> datetime:
        return self.now

    def go_on(self) -> None:
        self.now += timedelta(seconds=5)


@dataclass(slots=True)
class Asked:
    """A server of selections, its store and its clock."""

    database: Database
    taxonomy: Taxonomy
    clock: Clock
    client: httpx2.Client

    def store(self, title: str, **changes: Any) -> Item:
        (item,) = store(self.database, self.taxonomy, [a_draft(title=title, **changes)])
        return item

    def follow(self) -> None:
        search.follow(self.database)
        self.clock.go_on()

    def get(self, address: str, **fields: str) -> httpx2.Response:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.client.get(address, headers=headers)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So many answers are made for one client at once."""
    monkeypatch.setattr(selections, "_AT_ONCE", 3)
    return 3


@contextmanager
def answering(folder: Path, template: Path, osce: Taxonomy) -> Iterator[Asked]:
    path = folder / "store.db"
    path.write_bytes(template.read_bytes())
    clock = Clock()
    with closing(Database.open(f"sqlite:///{path}", VERSIONS)) as database:
        public = folder / "public"
        app = a_web_app(
            database, osce, public, site=a_site(), clock=clock, heard=lambda: clock.heard
        )
        with (
            serving(app) as address,
            httpx2.Client(base_url=address, headers={"Accept-Encoding": "identity"}) as client,
        ):
            made = Asked(database=database, taxonomy=osce, clock=clock, client=client)
            made.store("Border police trained", issuers=(MISSION,))
            made.store("Officers of Moldova learn", issuers=(MISSION,))
            made.store("A court decides", issuers=(MISSION,), fields=(RIGHTS,))
            made.store("Border police elsewhere")
            made.follow()
            yield made


@pytest.fixture
def asked(tmp_path: Path, sqlite_template: Path, osce: Taxonomy) -> Iterator[Asked]:
    """Four items, and more where a test stores them."""
    with answering(tmp_path, sqlite_template, osce) as made:
        yield made


@pytest.fixture(scope="module")
def four(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, osce: Taxonomy
) -> Iterator[Asked]:
    """The same for tests that only ask."""
    with answering(tmp_path_factory.mktemp("four"), sqlite_template, osce) as made:
        yield made


def titles(answer: httpx2.Response) -> list[str]:
    """What the entries of an Atom feed are called."""
    feed = etree.fromstring(answer.content)
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]


def found(document: etree._Element, path: str) -> list[str]:
    """The texts and attributes that a path leads to."""
    return [str(each) for each in cast("list[str]", document.xpath(path))]


def test_a_field_and_an_issuer_together_are_a_feed_in_each_form(four: Asked) -> None:
    answer = four.get(POLICE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert titles(answer) == ["Officers of Moldova learn", "Border police trained"]
    address = f"{URL}{POLICE}"
    assert lint(answer.content, address) == ()
    feed = etree.fromstring(answer.content)
    assert feed.findtext(f"{ATOM}title") == "Policing · OSCE Mission to Moldova · OSCE"
    assert feed.findtext(f"{ATOM}id") == (
        "tag:news.example.org,2026-01-01:feed/select?field=policing&issuer=mission-to-moldova"
    )
    twins = {"rss": lint_rss, "json": lint_json}
    for form, faults in twins.items():
        twin = four.get(POLICE.replace("atom", form))
        assert twin.status_code == 200
        assert faults(twin.content, address.replace("atom", form)) == ()


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_an_answer_says_what_its_own_address_is_and_its_pages(four: Asked, form: str) -> None:
    """As files do in the field Link, but for hubs, which nobody tells of it."""
    address = POLICE.replace("atom", form)
    page = POLICE.replace("select.atom", "select/")
    said = f'<{URL}{address}>; rel="self", <{URL}{page}>; rel="alternate"; type="text/html"'
    answer = four.get(address)
    assert answer.headers["link"] == said
    again = four.get(address, If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.headers["link"]) == (304, said)
    assert "link" not in four.get(page).headers


def test_words_are_part_of_a_selection(four: Asked) -> None:
    assert titles(four.get(f"{POLICE}&q=borders")) == ["Border police trained"]
    assert titles(four.get("/feeds/select.atom?q=border%20-elsewhere")) == ["Border police trained"]
    nothing = four.get("/feeds/select.atom?q=nowhere")
    assert titles(nothing) == []
    assert lint(nothing.content, f"{URL}/feeds/select.atom?q=nowhere") == ()


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("select.atom?issuer=mission-to-moldova&field=policing", POLICE),
        ("select.atom?q=Border++Police", "/feeds/select.atom?q=border%20police"),
        ("select.atom?field=policing", "/feeds/fields/policing.atom"),
        ("select.rss?type=news", "/feeds/types/news.rss"),
        ("select.json?language=en", "/feeds/languages/en.json"),
        ("select.atom", "/feeds/all.atom"),
        ("select/?issuer=secretariat&q=", "/feeds/issuers/secretariat/"),
        ("select?q=border", "/feeds/select/?q=border"),
        ("select", "/feeds/select/"),
        ("select.opml", "/feeds.opml"),
    ],
)
def test_a_selection_has_one_address(four: Asked, address: str, to: str) -> None:
    answer = four.get(f"/feeds/{address}")
    assert (answer.status_code, answer.headers["location"]) == (308, to)
    # Readers in a browser follow it, where they may read what it leads to.
    is_feed = address.partition("?")[0].partition(".")[2] in {"atom", "rss", "json", "opml"}
    assert ("access-control-allow-origin" in answer.headers) is is_feed


def test_a_language_nobody_writes_in_has_no_file_to_lead_to(four: Asked) -> None:
    assert titles(four.get("/feeds/select.atom?language=fr")) == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("colour=red", "“colour”"),
        ("language=x", "“language”"),
        ("field=Not%20a%20slug", "“field”"),
        ("q=a&q=b", "“q”"),
        (f"q={'a' * 201}", "“q”"),
        ("q=%ff", "The address is not written in UTF-8."),
        (f"q={'a' * 10_000}", "The address is too long."),
    ],
)
def test_what_is_no_selection_is_told_by_its_parameter_where_it_is_one(
    four: Asked, query: str, told: str
) -> None:
    for form in ("select.atom", "select/"):
        answer = four.get(f"/feeds/{form}?{query}")
        assert answer.status_code == 400
        assert told in answer.text
        assert ("access-control-allow-origin" in answer.headers) is (form == "select.atom")


@pytest.mark.parametrize("form", ["atom", "rss", "json", "opml"])
@pytest.mark.parametrize("query", ["field=", "field=&q=border", "field=policing&q=", "q=%20", "q"])
def test_a_feed_of_a_parameter_without_a_value_is_refused(
    four: Asked, query: str, form: str
) -> None:
    """Whoever wrote the address has lost a value, and would get more than they asked for."""
    answer = four.get(f"/feeds/select.{form}?{query}")
    assert answer.status_code == 400
    name = "field" if "field=" in query and "field=p" not in query else "q"
    assert f"The parameter “{name}” has no value." in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("query", "to"),
    [
        ("q=&field=&issuer=&country=&type=&language=", "/feeds/select/"),
        ("q=&field=policing&issuer=", "/feeds/fields/policing/"),
        ("q=border&field=&issuer=+&language", "/feeds/select/?q=border"),
    ],
)
def test_a_form_sends_what_nobody_filled_in_and_that_asks_for_nothing(
    four: Asked, query: str, to: str
) -> None:
    answer = four.get(f"/feeds/select/?{query}")
    assert (answer.status_code, answer.headers["location"]) == (308, to)


def test_an_unknown_topic_is_not_found_and_its_neighbours_are_told(four: Asked) -> None:
    answer = four.get("/feeds/select.atom?field=polcing&q=border")
    assert answer.status_code == 404
    assert "field:polcing" in answer.text
    assert f"field:policing ({URL}/feeds/fields/policing.atom)" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["access-control-allow-origin"] == "*"
    page = four.get("/feeds/select/?field=polcing&q=border")
    assert page.status_code == 404
    assert '<a href="/feeds/fields/policing/">field:policing</a>' in page.text
    assert four.get("/feeds/select.rss?field=zzzzzzzzzz").status_code == 404


@pytest.mark.parametrize(
    "words", ["%00", "%22%27%3B--", "a%00b", "NEAR(", "%3Cscript%3E", "*", "%E2%80%8B"]
)
def test_hostile_words_are_words(four: Asked, words: str) -> None:
    for form in ("select.atom", "select/"):
        answer = four.client.get(f"/feeds/{form}?q=x{words}", follow_redirects=True)
        assert answer.status_code == 200
        assert "<script>" not in answer.text


def test_a_feed_is_polled_as_a_file_is(asked: Asked) -> None:
    asked.get(POLICE)
    asked.clock.go_on()
    first = asked.get(POLICE)
    assert first.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=3600"
    assert first.headers["vary"] == "Accept-Encoding, A-IM"
    assert first.headers["access-control-allow-origin"] == "*"
    again = asked.get(POLICE, If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    head = asked.client.head(POLICE)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))
    dated = asked.get(POLICE, If_Modified_Since=first.headers["last-modified"])
    assert dated.status_code == 304
    packed = asked.client.build_request("GET", POLICE, headers={"Accept-Encoding": "gzip"})
    answer = asked.client.send(packed, stream=True)
    assert gzip.decompress(b"".join(answer.iter_raw())) == first.content
    assert answer.headers["etag"] != first.headers["etag"]
    assert asked.client.post(POLICE).status_code == 405
    assert asked.client.options(POLICE).status_code == 204


def test_what_changes_is_told_once_the_index_follows(asked: Asked) -> None:
    first = asked.get(POLICE)
    asked.store("News of elsewhere", fields=(RIGHTS,))
    asked.follow()
    assert asked.get(POLICE, If_None_Match=first.headers["etag"]).status_code == 304
    asked.store("More police", issuers=(MISSION,))
    asked.follow()
    second = asked.get(POLICE, If_None_Match=first.headers["etag"])
    assert titles(second)[0] == "More police"
    assert second.headers["last-modified"] != first.headers["last-modified"]


def test_who_knows_a_date_alone_misses_nothing_whichever_process_answers(
    asked: Asked, tmp_path: Path
) -> None:
    """Each gives dates to the versions that it made, and knows of no other's."""
    public, clock = tmp_path / "other", asked.clock
    other = a_web_app(asked.database, asked.taxonomy, public, site=a_site(), clock=clock)
    with serving(other) as url, httpx2.Client(base_url=url) as elsewhere:
        before = asked.get(POLICE)
        asked.store("More police", issuers=(MISSION,))
        search.follow(asked.database)
        assert titles(elsewhere.get(POLICE))[0] == "More police"
        dates: set[str] = set()
        while titles(before)[0] != "More police":
            dates.add(before.headers["last-modified"])
            clock.now += timedelta(seconds=0.5)
            before = asked.get(POLICE)
        clock.go_on()
        for date in dates:
            answer = elsewhere.get(POLICE, headers={"If-Modified-Since": date})
            assert answer.status_code == 200


def test_whoever_hears_that_the_index_followed_looks_at_once(asked: Asked) -> None:
    """As the daemon does; the others look a second later."""
    asked.get(POLICE)
    asked.store("More police", issuers=(MISSION,))
    search.follow(asked.database)
    assert titles(asked.get(POLICE))[0] != "More police"
    asked.clock.heard += 1
    assert titles(asked.get(POLICE))[0] == "More police"


def test_what_is_withdrawn_is_gone_and_the_date_of_the_feed_goes_on(asked: Asked) -> None:
    before = etree.fromstring(asked.get(POLICE).content).findtext(f"{ATOM}updated")
    with asked.database.writing() as connection:
        hiding.merge(connection, 2, 4, NOON + timedelta(minutes=5))
    asked.follow()
    answer = asked.get(POLICE)
    assert titles(answer) == ["Border police trained"]
    assert str(etree.fromstring(answer.content).findtext(f"{ATOM}updated")) > str(before)


def test_whoever_has_a_feed_may_ask_for_what_is_new_alone(asked: Asked) -> None:
    """RFC 3229 and its manipulation "feed"."""
    first = asked.get(POLICE)
    assert asked.get(POLICE, A_IM="feed", If_None_Match=first.headers["etag"]).status_code == 304
    assert asked.get(POLICE, A_IM="feed").status_code == 200
    known = asked.store("More police", issuers=(MISSION,))
    asked.follow()
    for form in ("atom", "rss", "json"):
        address = POLICE.replace("atom", form)
        whole = asked.get(address)
        new = asked.get(
            address, A_IM="vcdiff, feed", If_None_Match=f'"a.3", "b.{known.number - 3}"'
        )
        assert new.status_code == 226
        assert new.headers["im"] == "feed"
        assert new.headers["cache-control"] == "no-store, im"
        assert new.headers["etag"] == whole.headers["etag"]
        assert new.text.count("More police") >= 1
        assert "Border police trained" not in new.text
        assert "Border police trained" in whole.text
    new = asked.get(POLICE, A_IM="feed", If_None_Match=first.headers["etag"])
    assert titles(new) == ["More police"]
    refused = asked.get(POLICE, A_IM="feed;q=0", If_None_Match=first.headers["etag"])
    assert refused.status_code == 200
    strange = asked.get(POLICE, A_IM="feed", If_None_Match='"of somebody else"')
    assert strange.status_code == 200


def test_another_spelling_leads_on_whoever_asks_for_what_is_new_alone(four: Asked) -> None:
    told = {"A-IM": "feed", "If-None-Match": '"abc.5"'}
    answer = four.client.get("/feeds/select.atom?q=border&field=policing", headers=told)
    assert answer.status_code == 308
    assert answer.headers["location"] == "/feeds/select.atom?field=policing&q=border"


def test_the_page_of_a_selection_is_the_search_page(four: Asked) -> None:
    answer = four.get("/feeds/select/?field=policing&q=border")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = html.document_fromstring(answer.content)
    form, _sign_up = page.forms  # type: ignore[attr-defined]
    assert (form.method, form.action) == ("GET", "/feeds/select/")
    assert dict(form.form_values()) == {
        "q": "border",
        "field": "policing",
        "issuer": "",
        "country": "",
        "type": "",
        "language": "",
    }
    links = (
        found(page, "//link[@rel='alternate']/@type"),
        found(page, "//link[@rel='alternate']/@href"),
    )
    query = "?field=policing&q=border"
    assert dict(zip(*links, strict=True)) == {
        "application/atom+xml": f"{URL}/feeds/select.atom{query}",
        "application/rss+xml": f"{URL}/feeds/select.rss{query}",
        "application/feed+json": f"{URL}/feeds/select.json{query}",
    }
    assert "Border police trained" in answer.text
    assert "A court decides" not in answer.text
    assert "Nothing was found" in four.get("/feeds/select/?q=nowhere").text
    start = html.document_fromstring(four.get("/feeds/select/").content)
    assert found(start, "//form/@action") == ["/feeds/select/", "/subscribe"]
    several = html.document_fromstring(
        four.get("/feeds/select/?field=human-rights&field=policing").content
    )
    options = "//select[@name='field' and @multiple]/option[@selected]/@value"
    assert set(found(several, options)) == {"policing", "human-rights"}


def test_a_page_leads_to_older_ones(asked: Asked) -> None:
    drafts = [a_draft(title=f"Meeting {number}") for number in range(45)]
    store(asked.database, asked.taxonomy, drafts)
    asked.follow()
    address, seen = "/feeds/select/?q=meeting", []
    for _ in range(3):
        page = html.document_fromstring(asked.get(address).content)
        seen += [title.strip() for title in found(page, "//article//h3//text()") if title.strip()]
        following = found(page, "//a[@rel='next']/@href")
        address = f"/feeds/select/{following[0]}" if following else ""
    assert address == ""
    assert seen == [f"Meeting {number}" for number in range(44, -1, -1)]


def test_a_list_of_the_feeds_that_are_named(four: Asked) -> None:
    answer = four.get("/feeds/select.opml?field=policing&issuer=mission-to-moldova&q=border")
    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    addresses = found(etree.fromstring(answer.content), "//outline/@xmlUrl")
    assert addresses == [
        f"{URL}/feeds/select.atom?q=border",
        f"{URL}/feeds/fields/policing.atom",
        f"{URL}/feeds/issuers/mission-to-moldova.atom",
    ]


def test_answers_that_are_too_many_are_made_again(asked: Asked) -> None:
    for number in range(120):
        assert asked.get(f"/feeds/select.atom?q=border%20{number}").status_code == 200
    assert titles(asked.get(f"{POLICE}&q=borders")) == ["Border police trained"]


def test_an_edited_item_is_found_by_what_it_says_now(asked: Asked) -> None:
    asked.get("/feeds/select.atom?q=border")
    item = asked.store("A frontier")
    revise(asked.database, asked.taxonomy, item, a_draft(title="A border"), NOON)
    asked.follow()
    feed = json.loads(asked.get("/feeds/select.json?q=border").content)
    assert feed["items"][0]["title"] == "A border"


def test_what_many_ask_for_at_once_is_made_once(
    few: int, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts for who asked first alone."""
    answer, done, made, asked_by, all_asked = SelectedFeeds.answer, SharedWork.done, [], [], Event()

    def slow(*about: Any, **more: Any) -> tuple[bytes, int]:
        made.append(about[1])
        assert all_asked.wait(30)
        return answer(*about, **more)

    async def asked_for(work: SharedWork, key: tuple[Any, ...], *more: Any) -> Any:
        asked_by.extend([key] if isinstance(key[0], tuple) else [])  # No look for changes.
        if len(asked_by) == 3 * few:
            all_asked.set()
        return await done(work, key, *more)

    monkeypatch.setattr(SelectedFeeds, "answer", slow)
    monkeypatch.setattr(SharedWork, "done", asked_for)
    client = {"X-Forwarded-For": "203.0.113.9"}
    with ThreadPoolExecutor(3 * few) as threads:
        answers = [*threads.map(lambda _: asked.client.get(POLICE, headers=client), range(3 * few))]
    assert {(each.status_code, each.content) for each in answers} == {(200, answers[0].content)}
    assert len(made) == 1


def test_who_asks_for_too_much_waits_and_nobody_else_does(few: int, asked: Asked) -> None:
    mine, others = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "2001:db8::1"}
    for number in range(few):
        answer = asked.client.get(f"/feeds/select.atom?q=a{number}", headers=mine)
        assert answer.status_code == 200
    refused = asked.client.get("/feeds/select.atom?q=b", headers=mine)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "You ask too often" in refused.text
    remembered = asked.client.get("/feeds/select.atom?q=a0", headers=mine)
    assert remembered.status_code == 200
    assert asked.client.get("/feeds/select.atom?q=b", headers=others).status_code == 200
    asked.clock.go_on()
    assert asked.client.get("/feeds/select.atom?q=c", headers=mine).status_code == 200
