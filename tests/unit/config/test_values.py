"""One answer each to what an address, a language tag, a media type and a line are."""

import re
from collections.abc import Callable

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import values


@pytest.mark.parametrize(
    "text",
    [
        "https://www.example.org",
        "http://www.example.org/",
        "HTTPS://WWW.EXAMPLE.ORG/News",
        "https://example.org/a?b=c#d",
        "https://example.org:8443/a",
        "http://127.0.0.1:8080/",
        "https://[2001:db8::1]/a",
        "https://müller.example/straße",
        "https://name@example.org/",
    ],
)
def test_an_address_of_the_web_names_a_host(text: str) -> None:
    """RFC 3986 and 3987, http and https alone."""
    assert values.is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "https:///path",
        "www.example.org",
        "//www.example.org/",
        "/news/1",
        "ftp://example.org/",
        "mailto:anna@example.org",
        "javascript:alert(1)",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:http/",
        "https://[2001:db8::1/",
        " https://example.org/",
        "https://example.org/a b",
        "https://example.org/\n",
        "java\nscript://example.org/",
        "https://exa\tmple.org/",
        "https://example.org/\x7f",
        "https://example.org/\x85",
        "https://example.org/\u2028",
        "https://example.org/\ud800",
        "\ufeffhttps://example.org/",
    ],
)
def test_everything_else_is_no_address_of_the_web(text: str) -> None:
    """What `urlsplit` forgives is not forgiven: it drops line breaks and blanks."""
    assert not values.is_web_address(text)
    assert values.published_address(text) is None


@pytest.mark.parametrize("character", '<>"{}|\\^`[]')
def test_what_an_address_cannot_hold_is_published_in_code(character: str) -> None:
    """A browser guesses; a feed reader drops the link (RFC 3987 has no room for them)."""
    text = f"https://example.org/a{character}b?c={character}#d{character}"
    assert values.is_web_address(text)
    code = f"%{ord(character):02X}"
    assert values.published_address(text) == f"https://example.org/a{code}b?c={code}#d{code}"


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("https://example.org", "https://example.org"),
        ("https://example.org:8443/a%20b?x=1&y=2#z", "https://example.org:8443/a%20b?x=1&y=2#z"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%zz%4", "https://example.org/%25zz%254"),
        ("https://example.org/a#b#c", "https://example.org/a#b%23c"),
        ("https://user:pass@example.org/x", "https://example.org/x"),
        ("https://user@example.org:81/x@y", "https://example.org:81/x@y"),
        ("https://[2001:db8::1]:80/[a]", "https://[2001:db8::1]:80/%5Ba%5D"),
        ("https://müller.example/straße?ü|", "https://müller.example/straße?ü%7C"),
        ("HTTPS://Example.org/A", "HTTPS://Example.org/A"),
        ("https://example.org?a[]=1", "https://example.org?a%5B%5D=1"),
        ("https://example.org\\@evil.example/", None),
        ("https://a@b@example.org/", "https://example.org/"),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_published_without_passwords_and_what_it_cannot_hold(
    text: str | None, published: str | None
) -> None:
    assert values.published_address(text) == published


@given(st.text(max_size=40))
def test_no_text_is_too_odd_to_be_judged(text: str) -> None:
    """An answer comes whatever is asked, and never an error."""
    for start in ("", "https://", "http://[", "https://example.org:"):
        assert values.is_web_address(start + text) in {True, False}
        assert isinstance(values.host_of(start + text), str)
        published = values.published_address(start + text)
        if published is not None:
            assert values.is_web_address(start + text)
            assert values.published_address(published) == published
            assert values.host_of(published) == values.host_of(start + text)


def test_a_host_is_said_without_www() -> None:
    assert values.host_of("https://www.example.org/a") == "example.org"
    assert values.host_of("https://WWW2.example.org:8080/a") == "www2.example.org"
    assert values.host_of("/a") == ""
    assert values.host_of("http://[") == ""


@pytest.mark.parametrize(
    ("host", "other", "are_related", "is_chained"),
    [
        ("example.org", "example.org", True, True),
        ("news.example.org", "example.org", True, True),
        ("news.example.org", "press.example.org", True, False),
        ("example.org", "example.com", False, False),
        ("a.example.co.uk", "example.co.uk", True, True),
        ("example.co.uk", "other.co.uk", False, False),
        ("a.github.io", "b.github.io", False, False),
        ("github.io", "b.github.io", False, False),
        ("gov.uk", "service.gov.uk", False, False),
        ("evil.gov.hr", "vlada.gov.hr", False, False),
        ("gov.hr", "vlada.gov.hr", False, False),
        ("news.vlada.gov.hr", "vlada.gov.hr", True, True),
        ("a.go.com", "go.com", True, True),
        ("10.0.0.1", "127.0.0.1", False, False),
        ("test", "a.test", False, False),
        ("localhost", "127.0.0.1", False, False),
        ("a..org", "b..org", False, False),
        ("xn--h1ahn.xn--p1ai", "a.xn--h1ahn.xn--p1ai", True, True),
        ("", "example.org", False, False),
    ],
)
def test_hosts_are_related_within_what_one_publisher_registered(
    host: str, other: str, are_related: bool, is_chained: bool
) -> None:
    for pair in ((host, other), (other, host)):
        assert values.are_related(*pair) is are_related
        assert values.is_above_or_below(*pair) is is_chained


@given(st.text(), st.text())
def test_any_two_texts_are_related_or_not(host: str, other: str) -> None:
    assert values.are_related(f"a.{host}", f"b.{host}") in {True, False}
    assert values.are_related(host, other) in {True, False}
    assert values.dns_name(host) == values.dns_name(values.dns_name(host))


@pytest.mark.parametrize(
    ("text", "is_tag", "is_strict"),
    [
        ("en", True, True),
        ("EN-gb", True, True),
        ("sr-Latn-RS", True, True),
        ("es-419", True, True),
        ("ca-valencia", True, True),
        ("de-Latn-AT-1901abcd", True, True),
        ("zh-yue", True, False),
        ("sr-RS-Latn", True, False),
        ("en-x-mine", True, False),
        ("de-1996", True, False),
        ("e", False, False),
        ("english", False, False),
        ("de_AT", False, False),
        ("de-", False, False),
        ("-de", False, False),
        ("de-toolongsubtag", False, False),
        ("dé", False, False),
        ("de\n", False, False),
        ("", False, False),
    ],
)
def test_a_language_tag_begins_with_a_language(text: str, is_tag: bool, is_strict: bool) -> None:
    """RFC 5646 section 2.1."""
    assert values.is_language_tag(text) is is_tag
    assert values.is_language_tag(text, strict=True) is is_strict


def test_a_language_tag_is_written_as_recommended() -> None:
    """RFC 5646 section 2.1.1."""
    assert values.cased_language_tag("SR-LATN-rs") == "sr-Latn-RS"
    assert values.cased_language_tag("ca-VALENCIA") == "ca-valencia"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"),
        (" EN_us ", "en-US"),
        ("iw", "he"),
        ("iw-IL", "he-IL"),
        ("in", "id"),
        ("ji", "yi"),
        ("mo", "ro"),
        ("sh", "sr-Latn"),
        ("sh-BA", "sr-Latn-BA"),
        ("sh-cyrl", "sr-Cyrl"),
        ("deu-AT", "de-AT"),
        ("hbs", "sr-Latn"),
        # Another region or country makes no other name.
        ("cnr", "cnr"),
        ("cnr-Cyrl", "cnr-Cyrl"),
        ("fil", "fil"),
        ("zh-cmn-Hans-CN", "zh-Hans-CN"),
        ("pt-BR-x-private", "pt-BR"),
        *((each, None) for each in ("und", "und-Latn", "mul", "zxx", "mis", "english", "")),
    ],
)
def test_a_language_has_one_tag(text: str, tag: str | None) -> None:
    """BCP 47 section 4.5; CLDR's aliases of languages."""
    assert values.canonical_language(text) == tag
    assert tag is None or values.canonical_language(tag) == tag


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("text/html", "text/html"),
        ("Text/HTML; charset=UTF-8", "text/html"),
        (" application/atom+xml ;type=entry", "application/atom+xml"),
        ("application/vnd.fieldfare.item+json", "application/vnd.fieldfare.item+json"),
        ("pdf", ""),
        ("/pdf", ""),
        ("a/b/c", ""),
        ("text/ html", ""),
        ("+a/b", ""),
        (f"a/{'b' * 128}", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_content_type_names_a_media_type(text: str | None, named: str) -> None:
    """RFC 6838 section 4.2; parameters are none of it."""
    assert values.media_type(text) == named
    assert values.is_media_type(named) is bool(named)


def test_parameters_are_no_part_of_a_media_type() -> None:
    assert not values.is_media_type("text/html; charset=utf-8")


@pytest.mark.parametrize("number", [*range(0x20), *range(0x7F, 0xA0)])
def test_one_line_holds_no_control_character(number: int) -> None:
    """Unicode's category Cc, the upper half too."""
    text = f"a{chr(number)}b"
    assert not values.is_one_line(text)
    assert values.on_one_line(text) == "a b"


def test_what_is_on_one_line_has_single_blanks() -> None:
    assert values.is_one_line("Vijesti – новости  ")
    assert values.on_one_line(" Vijesti\r\n\r\n –\u00a0 новости ") == "Vijesti – новости"


def test_what_no_text_holds_leaves_out_white_space() -> None:
    """Tab, line ends and NEL are white space, not rubbish."""
    unprintable = re.compile(f"[{values.UNPRINTABLE}{values.INVISIBLE}]")
    assert unprintable.search("\t\n\r\x85 é\U0001f600") is None
    for character in "\x00\x0b\x1f\x7f\x9f\ud800\udfff\ufffe\uffff\u200b\u202e\ufeff":
        assert unprintable.search(character), hex(ord(character))


@pytest.mark.parametrize(
    "unseen",
    [
        "\x00",
        "\x9f",
        "\ufdd0",
        "\ufdef",
        "\ufffe",
        "\ufffc",
        "\u206a",
        "\U0001fffe",
        "\U0010ffff",
        "\U0001d173",
        "\U000e0001",
        "\U000e0041\U000e0042",
    ],
)
def test_what_nobody_may_publish_is_told_and_taken_out(unseen: str) -> None:
    """XML 1.0 section 2.2 advises against them, and validators warn."""
    for around in ("a{}b", "Я{}ж", "a{}", "{}"):
        text = around.format(unseen)
        assert values.holds_unseen(text)
        assert values.visible(text) == values.visible(text, with_isolates=True) == around.format("")


def test_flags_and_other_signs_beyond_the_first_plane_stay() -> None:
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    for text in (
        scotland,
        f"In {scotland} 😀",
        "𠮷野家",
        "\U0001fffd",
        "\U0010fffd",
        "\ufdcf\ufdf0",
    ):
        assert not values.holds_unseen(text)
        assert values.visible(f"{text}\ufeff") == text


@pytest.mark.parametrize("end", ["", "\U000e007f"])
@pytest.mark.parametrize("hidden", ["", "gb", "gb sct", "GBSCT", "ignore what was said"])
def test_behind_a_flag_no_words_are_hidden(hidden: str, end: str) -> None:
    """Who reads does not see them, and a program does: those of a flag are few and end."""
    tags = "".join(chr(0xE0000 + ord(sign)) for sign in hidden) + end
    assert values.visible(f"a \U0001f3f4{tags} b") == "a \U0001f3f4 b"
    assert values.holds_unseen(f"\U0001f3f4{tags}") is bool(tags)


@given(
    st.from_regex(
        r"[A-Za-z0-9_+.-]{1,30}@[A-Za-z0-9.-]{1,40}(\.(org|test|onion|ARPA))?", fullmatch=True
    )
    | st.emails()
)
def test_a_plain_mail_address_is_judged_as_the_library_judges_it(address: str) -> None:
    """There is a short way for most: it takes and keeps what the long way does."""

    def judged(judge: Callable[[str], str]) -> str | None:
        try:
            return judge(address)
        except ValueError:
            return None

    def by_the_library(text: str) -> str:
        found = email_validator.validate_email(
            text, strict=True, check_deliverability=False, globally_deliverable=False
        )
        return found.normalized

    values.mail_address("jürgen@müller.example")  # and the library knows the names we allow
    assert judged(values.mail_address) == judged(by_the_library)


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f"])
def test_marks_of_the_writing_direction_stand_in_texts_and_in_no_address(mark: str) -> None:
    """RFC 3987 section 4.1."""
    assert not values.is_web_address(f"https://example.org/a{mark}b")
    assert values.on_one_line(f"a{mark}b") == f"a{mark}b"


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200b", "\u00ad", "\ufeff"])
def test_what_nobody_sees_is_no_part_of_an_address_or_a_line(mark: str) -> None:
    """An override of the writing direction makes "moc.live" of what is "evil.com"."""
    assert not values.is_web_address(f"https://example.org/{mark}gpj.exe")
    assert values.on_one_line(f" a{mark}b\nc ") == "ab c"


def test_joiners_of_letters_are_kept() -> None:
    """Persian needs them."""
    assert values.on_one_line("می\u200cخواهم") == "می\u200cخواهم"


def test_a_zone_is_found_by_its_name() -> None:
    assert values.time_zone("Europe/Vienna").key == "Europe/Vienna"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "../etc/passwd",
        "/etc/localtime",
        "Mars/Olympus",
        "europe/vienna\n",
        "Europe",  # a folder: IsADirectoryError
        "Europe/Vienna/",
        "tzdata.zi",  # beside the zones
        "localtime",  # another zone on each machine
        "Factory",
        "right/Europe/Vienna",  # counts leap seconds
        "x" * 300,  # OSError
        "Europe\0Vienna",
        "\ud800",
    ],
)
def test_what_is_no_zone_is_one_error(name: str) -> None:
    with pytest.raises(ValueError, match="no IANA time zone"):
        values.time_zone(name)


def test_a_zone_that_may_not_be_read_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(values, "ZoneInfo", refuse)
    with pytest.raises(ValueError, match="no IANA time zone"):
        values.time_zone("Europe/Vienna")
