"""Where a redirect or a page may lead, which are for good, and what is no address at all."""

from time import process_time

import pytest
from httpx2 import URL
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch import FetchFailed
from feeds.fetch.answers import LONGEST_ADDRESS, REDIRECTS, Received, address
from feeds.fetch.chain import Chain, refresh

START = "https://news.example.org/feed"


def went(*steps: tuple[int, str | None], limit: int = 5, start: str = START) -> URL | FetchFailed:
    chain = Chain(here=URL(start), followed=REDIRECTS, limit=limit)
    for status, location in steps:
        fields = () if location is None else (("location", location),)
        there = chain.onward(Received(url=chain.here, status=status, fields=fields))
        if isinstance(there, FetchFailed):
            return there
    return chain.here


def problem(found: object) -> str:
    assert isinstance(found, FetchFailed)
    assert found.is_lasting
    return found.problem


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_for_good_or_for_now(status: int) -> None:
    assert went((status, "/atom.xml")) == URL("https://news.example.org/atom.xml")


def test_a_chain_of_redirects_is_followed_to_its_end() -> None:
    there = went((301, "/a"), (308, "/b"), (302, "/c"), (301, "/d"))
    assert there == URL("https://news.example.org/d")


def test_a_circle_is_not_gone_round() -> None:
    assert "in a circle" in problem(went((301, "/a"), (301, "/b"), (301, "/a")))
    assert "in a circle" in problem(went((302, START)))
    assert "in a circle" in problem(went((302, f"{START}#again")))


def test_more_redirects_than_wanted_are_not_followed() -> None:
    assert isinstance(went((301, "/a"), (301, "/b"), limit=2), URL)
    assert "more than 2" in problem(went((301, "/a"), (301, "/b"), (301, "/c"), limit=2))


@pytest.mark.parametrize("location", [None, ""])
def test_a_redirect_to_nowhere_is_no_redirect(location: str | None) -> None:
    assert "without saying where" in problem(went((302, location)))


def test_what_was_safe_stays_safe() -> None:
    assert "from https to http" in problem(went((301, "http://news.example.org/feed")))
    assert isinstance(went((301, START), start="http://news.example.org/feed"), URL)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://news.example.org/",
        "gopher://127.0.0.1:70/_x",
        "javascript:alert(1)",
        "data:text/plain,x",
        "https://user:secret@news.example.org/",
        "https://user@news.example.org/",
        "https://news.example.org:0/",
        "https://news.example.org:99999/",
        "https://[::1/",
        "https://news.example.org/a\r\nHost: evil.example",
        "https://news.example.org/\x00",
        "/" + "a" * (LONGEST_ADDRESS + 1),
        "https://xn--\xff.example/",
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_not_followed(location: str) -> None:
    assert "where nobody may follow" in problem(went((301, location)))


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("../a?b=c#d", "https://news.example.org/a?b=c"),
        ("?page=2", "https://news.example.org/feed?page=2"),
        ("//www.example.org/x", "https://www.example.org/x"),
        ("/two words", "https://news.example.org/two%20words"),
        ("/M\xc3\xbcnchen", "https://news.example.org/M%C3%BCnchen"),
        ("/M\xfcnchen", "https://news.example.org/M%C3%BCnchen"),
        (" \t/a ", "https://news.example.org/a"),
    ],
)
def test_a_location_may_be_relative_and_carelessly_written(location: str, there: str) -> None:
    assert str(went((302, location))) == there


def test_a_host_of_any_script_is_asked_by_its_ascii_name() -> None:
    found = address("https://м\u0438р.example/новости#top")
    assert isinstance(found, URL)
    assert found.raw_host == b"xn--h1ahn.example"
    assert found.raw_path == b"/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"


def page(head: str, kind: str = "text/html") -> Received:
    fields = (("content-type", kind),)
    return Received(url=URL(START), status=200, fields=fields, body=head.encode())


@pytest.mark.parametrize(
    ("head", "target"),
    [
        ('<meta http-equiv="refresh" content="0; url=/a">', "/a"),
        ("<META HTTP-EQUIV=REFRESH CONTENT='0;URL=/a'>", "/a"),
        ("<meta content=\"5, url='/a?b=1&amp;c=2'\" http-equiv=Refresh />", "/a?b=1&c=2"),
        ("<meta http-equiv=refresh content=0;url=/a>", "/a"),
        ("<meta http-equiv=refresh content='0.5;/a'>", "/a"),
        ("<meta http-equiv = 'refresh' content = ' 1 ;  URL = \"/a b\" '>", "/a b"),
        ("<title><b>x</title><meta http-equiv=refresh content='0;url=/a'>", "/a"),
        ("<noscript>x</noscript><meta http-equiv=refresh content='0;url=/a'>", "/a"),
        ("<meta name=a content='>'><meta http-equiv=refresh content='0;url=/a'>", "/a"),
        ("<noscript><meta http-equiv=refresh content='0;url=/a'></noscript>", None),
        ("<!-- <meta http-equiv=refresh content='0;url=/a'> -->", None),
        ("<script>'<meta http-equiv=refresh content=\"0;url=/a\">'</script>", None),
        ("<template><meta http-equiv=refresh content='0;url=/a'></template>", None),
        ("<body><meta http-equiv=refresh content='0;url=/a'>", None),
        ("<meta http-equiv=refresh content='300;url=/a'>", None),
        ("<meta http-equiv=refresh content='11;url=/a'>", None),
        ("<meta http-equiv=refresh content='5'>", None),
        ("<meta http-equiv=refresh content='url=/a'>", None),
        ("<meta http-equiv=refresh content=''>", None),
        ("<meta http-equiv=refresh content='0;\"'>", None),
        ("<meta http-equiv=content-type content='0;url=/a'>", None),
        ("<meta name=refresh content='0;url=/a'>", None),
        ("<metadata http-equiv=refresh content='0;url=/a'>", None),
    ],
)
def test_a_page_sends_its_reader_on(head: str, target: str | None) -> None:
    assert refresh(page(head)) == target
    assert refresh(page(head, "application/xhtml+xml; charset=utf-8")) == target
    assert refresh(page(head, "application/rss+xml")) is None


@pytest.mark.one_python
@pytest.mark.parametrize(
    "pump",
    ["<meta ", "<!--", "<meta '", '<meta "', "<noscript>", "<meta a=", "<meta a='b' ",
     '<meta x="<', "<meta http-equiv=refresh content='0;url=", "<meta content=0 ", " ", "<meta/"],
)  # fmt: skip
def test_no_head_takes_long(pump: str) -> None:
    started = process_time()
    for start in ("", "<meta http-equiv=refresh content='0;", "<!--"):
        refresh(page(start + pump * 50_000))
    assert process_time() - started < 5


@given(st.text(max_size=80))
def test_no_refresh_is_too_odd(text: str) -> None:
    for content in (text, f"0;{text}", f"0;url={text}"):
        chain = Chain(here=URL(START), followed=REDIRECTS, limit=5, by_pages=True)
        said = Received(url=chain.here, status=200, fields=(("refresh", content),))
        found = chain.onward(said)
        assert found is None or isinstance(found, FetchFailed) or found.scheme == "https"


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_no_cookie_is_too_odd(text: str) -> None:
    for cookie in (text, f"a={text}", f"a=b; {text}", f"a=b; expires={text}", f"a=b; path={text}"):
        chain = Chain(here=URL(START), followed=REDIRECTS, limit=5, by_pages=True)
        fields = (("set-cookie", cookie), ("location", "/a"))
        found = chain.onward(Received(url=chain.here, status=302, fields=fields))
        assert isinstance(found, URL)
        assert chain.cookies(found).isascii()


@given(st.text(max_size=60), st.sampled_from(sorted(REDIRECTS)))
def test_no_location_is_too_odd(location: str, status: int) -> None:
    found = went((status, location))
    assert isinstance(found, FetchFailed) or found.scheme == "https"


@given(st.text(max_size=60))
def test_no_address_is_too_odd(text: str) -> None:
    for tried in (text, f"http://{text}/", f"https://news.example.org/{text}"):
        found = address(tried)
        if isinstance(found, URL):
            assert found.host
            assert not set(str(found)) & set("\r\n\t ")
