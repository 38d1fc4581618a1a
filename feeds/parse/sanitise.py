"""Foreign HTML made safe to publish, and its paragraphs as plain text.

Knows the set of elements and attributes that is published. Must never know which page they came
from or which part of it is news.

The set: paragraphs and div, headings 2 to 6, lists, quotes, tables, pre, hr and br; the inline
marks em strong b i u s del ins sub sup small code cite q abbr mark bdi and ruby; the direction and
the language of a text (dir, lang); links to http, https and mailto, absolute, with rel="noopener
noreferrer". Nothing else has a place: no class, style, id, title (but of abbr), target or event
handler (without a target no page is opened that could reach back), no form or script, and no
pictures, sound or frames: these leave places at most, which others fill. Captions go with the
pictures they explain.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import unquote

import nh3

from config import values
from feeds.markup import ATTRIBUTES, CLEAN_TAG, INLINE, without_empty
from feeds.parse.href import as_read
from feeds.parse.nesting import harm

#: The place of something that is no word of its text: it ends no line; and its number there.
PLACE = "wbr"
PLACE_NUMBER = "data-embed-place"
_WITHIN_LINE = INLINE | {PLACE}
_BLOCKS = frozenset(
    "blockquote caption dd div dl dt h2 h3 h4 h5 h6 hr li ol p pre table tbody td tfoot th thead "
    "tr ul".split()
)
# Let through for the sanitiser, as they end a line; then written as elements of the set.
_RENAMED = {"h1": "h2", "strike": "s"} | dict.fromkeys(
    "address article aside center details fieldset figure footer header main section "
    "summary".split(),
    "div",
)
# Gone with all they hold.
_GONE = frozenset(
    "applet audio button canvas datalist dialog embed figcaption form frameset head iframe input "
    "math nav noembed noframes noscript object option picture script select style svg template "
    "textarea title video xmp".split()
)
# Without an end these would take all that follows with them.
_SWALLOWING = {
    name: (re.compile(rf"<{name}\b[^<>]*>", re.IGNORECASE), re.compile(f"</{name}", re.IGNORECASE))
    for name in ("iframe", "object")
}
# Elements of no HTML that bear a name of SVG or MathML hold words; to the sanitiser they are made
# to harm, and gone with what they hold. Another name for them is none of these.
_NO_HTML = frozenset(
    "abs and annotation apply circle defs desc discard ellipse filter g line list marker mask "
    "matrix metadata none not or path pattern polygon product rect root semantics set stop switch "
    "symbol text tspan use vector view".split()
)
_NO_ELEMENT = re.compile(rf"<(/?)(?=(?:{'|'.join(_NO_HTML)})[\s/>])", re.IGNORECASE)
# What may be the name of an element.
_NAME = re.compile("</?([A-Za-z][A-Za-z0-9]*)")
_RENAMED_TAG = re.compile(rf"<(/?)({'|'.join(_RENAMED)})({ATTRIBUTES})>")
# Whatever has a direction of its own; an override of it (bdo) makes text read as what it is not,
# and is set apart instead, as is a mere part.
_DIRECTIONS = {"dir": {"ltr", "rtl", "auto"}}
_WITH_DIRECTION = _BLOCKS - {"hr"} | _RENAMED.keys() | {"bdi"}
_APART = frozenset({"bdo", "span"})
_HAS_DIRECTION = re.compile(r"[\s\"'/]dir\s{0,9}=", re.IGNORECASE)
_APART_TAG = re.compile(rf"<(/?)(?:bdo|span)({ATTRIBUTES})>")
_LINK_TAG = re.compile(r'<(/?)a((?: [a-z]+="[^"]*")*)>')
# A link to a place within its page, and what such a place is called by.
_LINK_WITHIN = re.compile(r"""\shref\s{0,9}=\s{0,9}["']?\s{0,9}#""", re.IGNORECASE)
_ANCHOR = re.compile(
    r"""\s(?:id|name)\s{0,9}=\s{0,9}("[^"<>]{1,300}"|'[^'<>]{1,300}'|[^\s"'<>]{1,300})""",
    re.IGNORECASE,
)
# An address with what none may hold; a link as the sanitiser writes it.
_ODD_ADDRESS = re.compile(
    r'(<a (?>(?:(?!href=)[a-z-]+="[^"]*" )*)href=")'
    r'((?>(?:[^"\s{}|\\^`&<>]++|&amp;)*)[\s{}|\\^`&<>][^"]*)(?=")'
)
_END_OF_PARAGRAPH = re.compile(rf"(<(?!/?(?:{'|'.join(_WITHIN_LINE - {'br'})})[ >])[^<>]*>)")
_TAG = re.compile(r"<[^>]*+>?")
# Most summaries are written as the sanitiser would: text, marks and links to plain addresses, in
# paragraphs, each closed within what it was opened in. Signs that it writes in another way are not
# among these, nor addresses that it would look into. Of longer texts it takes no longer itself.
_SHORT_CHARS = 2_000
_WORDS = r"[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0]++|&(?:amp|lt|gt|nbsp);|<br ?/?>"
_SITE = r"https?://(?:(?!xn--)[a-z0-9][a-z0-9-]{0,62}\.){1,9}[a-z]{2,20}"
_LINK = (
    rf'<a href="(?:{_SITE}(?:/(?:[!#-%\x27-;=?-Z_a-z~]++|&amp;)*)?'
    rf'|(?:/(?![/.])[A-Za-z0-9_.~-]*+)+)">(?:{_WORDS})*</a>'
)
_MARKS = "|".join(sorted(INLINE - {"a", "abbr", "bdi", "br", "rp", "rt", "ruby"}))


def _line(name: str) -> str:
    """What a paragraph holds; ``name`` is that of its group."""
    return rf"{_WORDS}|{_LINK}|<(?P<{name}>{_MARKS})>(?:{_WORDS}|{_LINK})*</(?P={name})>"


# Nothing that repeats here can be divided in two ways; groups that give nothing back match what
# they should not, or fail, in some versions of Python (its issues 101955 and 106052).
_WRITTEN_SO = re.compile(rf"(?:{_line('mark')}|<p>(?:{_line('within')})*</p>)*")
_OF_A_SITE = re.compile(rf"({_SITE})(?:/[!-~]*)?")
# The sanitiser looks at a text, or a value, once for each sign in it that is to be escaped. A text
# in parts is the same text; no real tag is as long, and its words stay without it. So little
# markup takes no time, whatever it holds.
_LITTLE_MARKUP_CHARS = 20_000
_LONG_TEXT_CHARS = 1_000
_LONG_TAG_CHARS = 8_000
# A part ends behind a character reference, not within.
_PART = re.compile(rf".{{{_LONG_TEXT_CHARS}}}[#\w]{{0,40}}+;?", re.DOTALL)
# A sign itself is read in a third of the time that its reference takes; before these it is one.
_AMPERSAND = re.compile("&amp;(?![A-Za-z0-9#])")
# What parsers write of a text has these references, and those of a stranger any.
_OTHER_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|nbsp);)")
# The last stands for the first sign of the others (HTML, 13.3).
_WRITTEN = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\u00a0"), ("&amp;", "&"))


#: What becomes of the value of an attribute, by the names of its element and of itself.
_AttributeFilter = Callable[[str, str, str], str | None]


class Block(NamedTuple):
    """One paragraph, heading, list item or cell: plain text, and the same as sanitised HTML.

    ``text`` holds a line break where the markup has one; ``tag`` is the innermost element around;
    the block's own markup is ``clean[start:end]``.
    """

    tag: str
    text: str
    start: int
    end: int

    @property
    def line(self) -> str:
        """The text without line breaks."""
        return self.text.replace("\n", " ")


def sanitised(
    html: str,
    base_url: str | None,
    *,
    page: str | None = None,
    source: str = "",
    with_places: bool = False,
) -> str:
    """The same HTML with nothing in it but the set above; relative links joined to ``base_url``.

    Links to a place within the text, as footnotes have, lead there on the ``page`` it is of ("" for
    none), where its ``source`` (this HTML, unless another is told) has the place: no reader keeps
    the ids of a text that stands beside others. Of links without an address, as are relative ones
    without a base, the words stay. Markup that is made to stop a parser is brought down to its
    words. ``with_places`` keeps the places of what it shows.
    """
    if (written := _as_written(html, base_url or page)) is not None:
        return written
    may_hide = values.holds_unseen(html) or _OTHER_REFERENCE.search(html) is not None
    if may_hide:
        html = values.visible(html, with_isolates=True)
    # Most markup has no such elements, and few names at all.
    names = {name.lower() for name in set(_NAME.findall(html))}
    html = _without_swallowing(html, names)
    if harm(html) is not None:
        return f"<p>{escape(' '.join(_TAG.sub(' ', html).split()), quote=False)}</p>"
    if not names.isdisjoint(_NO_HTML):
        html = _NO_ELEMENT.sub(r"<\1x-", html)
    if len(html) > _LITTLE_MARKUP_CHARS:
        html = _prepared(html)
    # A sanitiser is made for each base: none where no link counts from it.
    at = (base_url or page) if "a" in names else None
    base = at if at and values.is_web_address(at) else None
    # Those letters stand in few texts, and to look for the whole takes ten times as long.
    may_have = "dir" in html or "DIR" in html or "Dir" in html
    has_direction = may_have and _HAS_DIRECTION.search(html) is not None
    leads = page is not None and "#" in html and _LINK_WITHIN.search(html)
    led = _leading(page, source or html) if leads else None
    cleaner = _made if led else _cleaner
    clean = cleaner(base, led, has_direction=has_direction, with_places=with_places).clean(html)
    if not names.isdisjoint(_RENAMED):
        clean = _RENAMED_TAG.sub(lambda tag: f"<{tag[1]}{_RENAMED[tag[2]]}{tag[3]}>", clean)
    if has_direction:
        clean = _only(clean, _APART_TAG, "bdi", "dir")
    clean = _ODD_ADDRESS.sub(lambda link: link[1] + escape(as_read(unescape(link[2]))), clean)
    # What is left of a link without an address, or with one that is not let through.
    if "<a rel=" in clean or "<a lang=" in clean:
        clean = _only(clean, _LINK_TAG, "a", "href")
    return (_seen(clean) if may_hide else clean).strip()


def _as_written(html: str, base: str | None) -> str | None:
    """Short HTML that is written as the sanitiser would, with its links as they are published; None
    for any other.
    """
    if len(html) > _SHORT_CHARS or not _WRITTEN_SO.fullmatch(html):
        return None
    # Of ASCII the pattern has left out what nobody sees.
    if not html.isascii() and values.holds_unseen(html):
        return None
    if '<a href="/' in html:
        site = _site_of(base or "")
        if site is None:
            return None
        html = html.replace('<a href="/', f'<a href="{site}/')
    if "<br" in html:
        html = html.replace("<br/>", "<br>").replace("<br />", "<br>")
    return html.replace('">', '" rel="noopener noreferrer">').strip()


# The texts of one feed have one base, or each a page of one site.
@lru_cache(maxsize=64)
def _site_of(base: str) -> str | None:
    found = _OF_A_SITE.fullmatch(base)
    return found[1] if found else None


def _seen(clean: str) -> str:
    """Sanitised HTML without what nobody sees; what isolates ends where its paragraph does."""
    clean = values.visible(clean, with_isolates=True)
    # Nothing but isolates is left of that.
    if values.holds_unseen(clean):
        return "".join(map(values.isolated, _END_OF_PARAGRAPH.split(clean)))
    return clean


def _without_swallowing(html: str, names: set[str]) -> str:
    """The same without elements that have no end and would take all behind them along."""
    for name in names & _SWALLOWING.keys():
        start, end = _SWALLOWING[name]
        if not end.search(html):
            html = start.sub("", html)
    return html


def _only(clean: str, tags: re.Pattern[str], name: str, attribute: str) -> str:
    """Sanitised HTML whose elements with these ``tags`` have that attribute, and that name; of
    others their words stay.
    """
    around: list[bool] = []

    def written(tag: re.Match[str]) -> str:
        if tag[1]:
            return f"</{name}>" if around and around.pop() else ""
        around.append(f' {attribute}="' in tag[2])
        return f"<{name}{tag[2]}>" if around[-1] else ""

    return tags.sub(written, clean)


def _prepared(html: str) -> str:
    """The same markup, made so that sanitising it takes time in proportion to its length."""
    html = html.replace("&nbsp;", "\u00a0")
    if "&amp;" in html:
        html = _AMPERSAND.sub("&", html)
    # A tag goes on to the next ">", a text to the next "<".
    if max(map(len, html.split(">"))) > _LONG_TAG_CHARS:
        html = _TAG.sub(_short, html)
    pieces = f">{html}".split("<")
    if max(map(len, pieces)) > _LONG_TEXT_CHARS:
        html = "<".join(map(_in_parts, pieces))[1:]
    return html


def _short(tag: re.Match[str]) -> str:
    return tag[0] if len(tag[0]) <= _LONG_TAG_CHARS else ""


def _in_parts(piece: str) -> str:
    if len(piece) <= _LONG_TEXT_CHARS:
        return piece
    tag, end, text = piece.partition(">")
    return tag + end + _PART.sub(r"\g<0><!---->", text)


def paragraphs(html: str) -> tuple[str, ...]:
    """The paragraphs of any HTML in reading order, each plain text without line breaks."""
    return tuple(block.line for block in blocks(sanitised(html, None)))


def blocks(clean: str) -> tuple[Block, ...]:
    """The blocks of sanitised HTML that hold text, in reading order: one ends where another
    element of the set starts or ends.
    """
    found: list[Block] = []
    around: list[str] = []
    texts: list[str] = []
    start = at = 0
    # A text, the tag behind it, and of that the slash and the name; none stands behind the last.
    parts = iter((*CLEAN_TAG.split(clean), "", "", ""))
    for text, tag, slash, name in zip(parts, parts, parts, parts, strict=True):
        end = at + len(text)
        at = end + len(tag)
        if text:
            plain = _unescaped(text) if "&" in text else text
            texts.append(plain.replace("\n", " ") if "\n" in plain else plain)
        if name == "br" and not "".join(texts[-2:]).endswith("\n"):
            texts.append("\n")
        elif name == "br" or name not in _WITHIN_LINE:
            # Two breaks in a row are how old editors wrote a paragraph.
            if texts and (said := _evened("".join(texts))):
                found.append(Block(around[-1] if around else "p", said, start, end))
            start, texts = at, []
            if slash and name in around:
                del around[len(around) - 1 - around[::-1].index(name) :]
            elif not slash and name not in {"br", "hr", ""}:
                around.append(name)
    return tuple(found)


def _unescaped(text: str) -> str:
    """A text as the sanitiser was given it: it writes four references, and no others."""
    for reference, sign in _WRITTEN:
        text = text.replace(reference, sign)
    return text


def _evened(text: str) -> str:
    """A text with single blanks between its words, and no empty lines."""
    # Of most texts a look tells that they are so. Sanitised ASCII has no other blanks than these,
    # which are looked for in a fifth of the time.
    if text.isascii():
        has_others = "\n" in text or "\t" in text or "\r" in text
    else:
        has_others = not text.isprintable()
    if not has_others and "  " not in text:
        return text.strip()
    if "\n" not in text:
        return " ".join(text.split())
    return "\n".join(line for each in text.split("\n") if (line := " ".join(each.split())))


def without(clean: str, dropped: Iterable[Block]) -> str:
    """Sanitised HTML without some of its blocks, nor the elements that held nothing else."""
    kept, at = [], 0
    for block in sorted(dropped, key=lambda block: block.start):
        kept.append(clean[at : block.start])
        at = block.end
    return without_empty("".join((*kept, clean[at:])))


def _leading(page: str | None, source: str) -> _AttributeFilter:
    """Of a link within a page, the address of the place it leads to, if the page has it."""
    own = page.partition("#")[0] if page and values.is_web_address(page) else ""
    places = {unescape(found[1].strip("\"'")) for found in _ANCHOR.finditer(source)}

    def led(_tag: str, name: str, value: str) -> str | None:
        address = value.strip()
        if name != "href" or not address.startswith("#"):
            return value
        is_there = own and not places.isdisjoint((address[1:], unquote(address[1:])))
        return own + address if is_there else None

    return led


def _made(
    base: str | None, led: _AttributeFilter | None, *, has_direction: bool, with_places: bool
) -> nh3.Cleaner:
    more = (_APART if has_direction else set()) | ({PLACE} if with_places else set())
    # To name them for each element takes four fifths of the time, and few texts have any.
    directed = _WITH_DIRECTION | _APART if has_direction else ()
    try:
        return nh3.Cleaner(
            tags=set(INLINE | _BLOCKS | _RENAMED.keys() | more),
            clean_content_tags=set(_GONE),
            attributes={
                "*": {"lang"},
                "a": {"href"},
                "abbr": {"title"},
                "ol": {"start"},
                "td": {"colspan", "rowspan"},
                "th": {"colspan", "rowspan"},
                "li": {"value"},
                **({PLACE: {PLACE_NUMBER}} if with_places else {}),
            },
            tag_attribute_values=dict.fromkeys(directed, _DIRECTIONS),
            attribute_filter=led,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
            url_relative=("rewrite_with_base", base) if base else "deny",
        )
    except ValueError:
        # The base is an address that only looks like one; without it nothing else is in doubt.
        return _made(None, led, has_direction=has_direction, with_places=with_places)


_cleaner = lru_cache(maxsize=64)(_made)
