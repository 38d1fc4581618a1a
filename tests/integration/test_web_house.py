"""A demo's mailbox, and what is said where there is nothing to show."""

import errno
import mailbox
import os
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Browser

from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from feeds.web.directory import Directory
from notifier.model import Totals
from notifier.storage import VERSIONS
from tests.serving import a_health, a_web_app, serving

HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    "<form action='/u/x' method='post'><button>Win</button></form><h1>News</h1>"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


def broken() -> Totals:
    raise ZeroDivisionError("the secret reason")


@pytest.fixture(scope="module")
def client(folder: Path, osce: Taxonomy) -> Iterator[httpx2.Client]:
    database = Database.open(f"sqlite:///{folder / 'store.db'}", VERSIONS)
    health = a_health(database.is_current, totals=broken)
    maildir = folder / "mail"
    app = a_web_app(database, osce, folder / "public", maildir=maildir, health=health)
    with serving(app) as address, httpx2.Client(base_url=address) as asking:
        yield asking
    database.close()


@pytest.fixture
def maildir(folder: Path) -> Iterator[mailbox.Maildir]:
    opened = mailbox.Maildir(folder / "mail", create=True)
    yield opened
    opened.clear()


# -- What is said of errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["/nothing", "/feeds/nothing.atom", "/healthz/", "/u/", "/u/a/b"]
)
def test_a_missing_page_says_so_in_the_look_of_the_house(
    client: httpx2.Client, target: str
) -> None:
    answer = client.get(target)
    assert answer.status_code == 404
    # Else who reads feeds in a browser could not even learn that one is missing.
    assert ("access-control-allow-origin" in answer.headers) == target.endswith(".atom")
    assert "This page does not exist" in answer.text
    assert 'href="/style.css' in answer.text


@pytest.mark.parametrize("ending", [".atom", ".rss", ".json", "/", "", "/2020-01.atom"])
def test_the_nearest_names_are_told_of_a_topic_nobody_knows(
    client: httpx2.Client, ending: str
) -> None:
    answer = client.get(f"/feeds/fields/polising{ending}")
    assert answer.status_code == 404
    assert "There is no topic “field:polising”." in answer.text
    is_feed = "." in ending
    assert answer.headers["content-type"].startswith("text/plain" if is_feed else "text/html")
    assert ("access-control-allow-origin" in answer.headers) == is_feed
    link = '<a href="/feeds/fields/policing/">field:policing</a>'
    address = "field:policing (http://127.0.0.1:8025/feeds/fields/policing.atom)"
    assert (address.replace(".atom", ending[-5:].lstrip("1")) if is_feed else link) in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "target",
    [
        "/feeds/fields/policing/2020-01.atom",  # a topic that is known, a page that is not
        "/feeds/fields.atom",
        "/feeds/nothing/polising.atom",
        f"/feeds/fields/{'polising' * 100}.atom",
        "/feeds/languages/polising.atom",
    ],
)
def test_what_names_no_unknown_topic_is_missing_as_anything_is(
    client: httpx2.Client, target: str
) -> None:
    assert "This page does not exist" in client.get(target).text


@pytest.mark.parametrize("slug", ["%3Cscript%3E", "%00", "%0d%0aX: y", "é" * 90, "..", "a%2fb"])
def test_hostile_names_of_topics_are_names(client: httpx2.Client, slug: str) -> None:
    for ending in (".atom", "/"):
        answer = client.get(f"/feeds/fields/{slug}{ending}")
        assert answer.status_code == 404
        assert answer.headers["x-content-type-options"] == "nosniff"
        is_page = answer.headers["content-type"].startswith("text/html")
        assert is_page is not answer.headers["content-type"].startswith("text/plain")
        assert "<script>" not in answer.text or not is_page
        assert "\0" not in answer.text


def test_a_missing_page_has_no_body_for_head(client: httpx2.Client) -> None:
    answer = client.head("/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/healthz", {"GET", "HEAD"}),
        ("/style.css", {"GET", "HEAD", "OPTIONS"}),
        ("/", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_request_that_makes_no_sense_is_told_what_does(
    client: httpx2.Client, target: str, allowed: set[str]
) -> None:
    answer = client.delete(target)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"])
@pytest.mark.parametrize(
    "target",
    ["/healthz", "/readyz", "/style.css", "/", "/nothing", "/u/x", "/d/x", "/mails", "//"],
)
def test_every_answer_is_what_it_says_it_is(
    client: httpx2.Client, method: str, target: str
) -> None:
    answer = client.request(method, target)
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.status_code == 405:
        methods = set(answer.headers["allow"].split(", "))
        assert method not in methods
        assert "GET" not in methods or "HEAD" in methods


def test_a_file_that_cannot_be_opened_just_now_is_not_gone(
    client: httpx2.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "public" / "news.atom").write_text("<feed/>")

    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        answer = client.get("/news.atom")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.get("/news.atom").status_code == 200


def test_a_bug_is_admitted_without_details(client: httpx2.Client) -> None:
    # The server ends the connection; a client must not try to use it again.
    answer = client.get("/metrics", headers={"Connection": "close"})
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert "secret" not in answer.text


def test_a_bug_in_serving_a_feed_can_be_told_from_a_broken_network(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Directory, "signature", lambda *_: 1 / 0)
        answers = [
            client.get(target, headers={"Connection": "close"})
            for target in ("/news.atom", "/news")
        ]
    assert [answer.status_code for answer in answers] == [500, 500]
    shared = [answer.headers.get("access-control-allow-origin") for answer in answers]
    assert shared == ["*", None]


_POLL = """async (url) => {
    const first = await fetch(url), etag = first.headers.get("etag");
    const again = {"If-None-Match": etag, "A-IM": "feed"};
    const later = {"If-Modified-Since": first.headers.get("last-modified")};
    const asked = [{headers: again}, {headers: later}, {method: "POST"}];
    const answers = [first];
    for (const how of asked) answers.push(await fetch(url, {cache: "no-store", ...how}));
    answers.push(await fetch(url.replace(".atom", "-x.atom")));
    return [etag.length > 2, ...answers.map((answer) => answer.status)];
}"""


def test_a_page_of_another_origin_polls_a_feed(
    client: httpx2.Client, folder: Path, browser: Browser
) -> None:
    """As a browser allows it, preflight and all."""
    polled = folder / "public" / "polled.atom"
    polled.write_text("<feed/>")
    os.utime(polled, (1e9, 1e9))
    page = browser.new_page()
    page.goto(f"http://localhost:{client.base_url.port}/healthz")
    told = page.evaluate(_POLL, f"{client.base_url}/polled.atom")
    page.close()
    assert told == [True, 200, 304, 304, 405, 404]


# -- The mailbox of a demo -------------------------------------------------------------------------


def test_an_empty_mailbox_says_so(client: httpx2.Client) -> None:
    assert "No mail yet" in client.get("/mails").text


def test_every_mail_is_listed_and_each_part_of_it_shown(
    client: httpx2.Client, maildir: mailbox.Maildir
) -> None:
    key = maildir.add(a_mail(html="<h1>Grüße</h1>"))
    at = f"/mails/{quote(key, safe='')}"
    listed = client.get("/mails").text
    assert f'href="{at}"' in listed
    assert "3 news: Policing" in listed
    shown = client.get(at).text
    assert "Grüße in words" in shown
    assert f'href="{at}/html"' in shown
    assert client.get(f"{at}/html").text.strip() == "<h1>Grüße</h1>"
    source = client.get(f"{at}/source")
    assert source.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Subject: 3 news: Policing" in source.text


def test_the_html_of_a_mail_is_of_no_origin(
    client: httpx2.Client, maildir: mailbox.Maildir
) -> None:
    key = maildir.add(a_mail(html=HOSTILE))
    policy = client.get(f"/mails/{key}/html").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_a_hostile_mail_runs_nothing(
    client: httpx2.Client, maildir: mailbox.Maildir, browser: Browser
) -> None:
    key = maildir.add(a_mail(subject=HOSTILE, html=HOSTILE, text=HOSTILE))
    page = browser.new_page()
    for form in ("", "/html", "/source"):
        page.goto(f"{client.base_url}/mails/{key}{form}")
        page.wait_for_load_state("networkidle")
        assert page.title() != "taken"
    page.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?utf-8?q?=ff?=\nContent-Type: text/html; charset=nonsense\n\n<p>x</p>",
        b"Content-Type: text/html; charset=idna\n\n<p>\xff</p>",
        b"Content-Type: text/html; charset=utf-7\n\n<p>+2AA-</p>",
        b"Content-Type: multipart/alternative\n\nno boundary",
        b"From: <<<\nTo: @,;:\nDate: never\nContent-Type: ;;;\n\n",
        b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n!!!",
        b'To: "\n\nThe parser of Python 3.11 raises an IndexError on this.',
    ],
)
def test_a_broken_mail_is_shown_as_well_as_can_be(
    client: httpx2.Client, maildir: mailbox.Maildir, content: bytes
) -> None:
    key = maildir.add(content)
    assert client.get("/mails").status_code == 200
    for form in ("", "/html", "/source"):
        assert client.get(f"/mails/{key}{form}").status_code == 200


@pytest.mark.parametrize(
    "key", ["nothing", "..", "%2e%2e%2fstore.db", "..%2f..%2fstore.db", "%00", "x" * 3000]
)
def test_a_mail_is_a_name_and_never_a_path(client: httpx2.Client, key: str) -> None:
    for form in ("", "/html", "/source"):
        assert client.get(f"/mails/{key}{form}").status_code == 404


def a_mail(*, subject: str = "3 news: Policing", text: str = "Grüße in words", html: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Fieldfare <digest@example.org>"
    mail["To"] = "reader@example.org"
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()
