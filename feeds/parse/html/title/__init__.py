"""The title of an item's page: what its window, metadata, lead and headings agree on.

Knows how sites add their names to titles, and what stands for a site or one of its sections. Must
never know the text below a title.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote

from config.values import is_web_address
from feeds.draft import Document, Draft, Habits
from feeds.parse import dates
from feeds.parse.html.listing import listed_entry
from feeds.parse.html.metadata import Metadata
from feeds.parse.html.title import headline
from feeds.parse.html.title.own_address import OwnAddress
from feeds.parse.html.title.voices import Voices, endings, even, is_name, says
from feeds.parse.html.tree import (
    Node,
    Tree,
    absolute,
    ancestors,
    attribute,
    find,
    find_all,
    names,
    parts_of,
    said,
)
from feeds.parse.prose import is_headline
from feeds.parse.sanitise import Block
from feeds.taxonomy.naming import fold

# Names of the site stand in these, and what leads elsewhere.
_ASIDE = frozenset({"nav", "aside", "footer"})
_ARTICLE = frozenset({"article", "main"})
_SITE = re.compile(r"logo|brand|mast-?head|site-?(?:name|title)")
_MOST_HEADINGS = 200
_ABOVE = 6
_MOST_LINKS = 1_000
_LONGEST_RUBRIC_CHARS = 40
_VOTES_FOR_A_NAME = 2
_MOST_WORDS_OF_A_SECTION = 2
_MOST_WORDS_OF_A_TITLE = 12
_HOME = (
    'a:is([href="/"], [href="./"], [rel~="home"], [href$="index.php"], [href*="index.htm"], '
    '[href*="index.asp"], [href*="default.asp" i])'
)
# What stands behind a rubric.
_KICKER_ENDS = (":", "|", "·", "•", "-", "–", "—", "/", "»", "+++", ".", "!", "?")
# What sites call what stands above a title, and below it.
_RUBRIC = re.compile(
    r"(?:^|[\s_-]|story|article|title|head)(?:kicker|over-?(?:title|line)|roof-?line|top-?line|"
    r"dach-?zeile|spitzmarke|rubri|eyebrow|super-?title|pre-?title|antetitul|occhiello|sur-?titre|"
    r"strap-?line|label|categor|section|topic)"
)
_SUBTITLE = re.compile(
    r"(?:^|[\s_-])(?:sub-?(?:title|head|line|titulo)|unter-?(?:titel|zeile)|deck|dek)"
)
_MARKS = (".", ",", ":", ";", "|", "·", "•", "–", "—", "-", "/")
_MOST_PARTS = 20
_LONGEST_TITLE_CHARS = 300
_FEWEST_CHARS_OF_A_LINE = 4
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def title_of(
    tree: Tree, known: Metadata, base: str | None, document: Document, habits: Habits
) -> str:
    """The title without the name of its site, "" where there is none.

    What a feed says comes first, in the words of the page's heading where they agree; then what
    two places of the page agree on, its address among them; what is printed as titles are, one
    statement in its metadata, its window.
    """
    if chosen := said(find(tree, habits.page_title)):
        return chosen
    stated = absolute(base, known.url) or ""
    here = OwnAddress(base=base, urls=(document.url or base or "", stated))
    lead, window = document.lead, said(find(tree, "title"))
    # A feed that names nothing but an address has not named its item.
    promised = lead.title if lead is not None and not is_web_address(lead.title) else ""
    headings = _headings(tree)
    sites = _sites(tree, headings, known, here).union(endings(known.titles, window))
    texts = tuple(filter(None, (promised, *known.titles, window)))
    voices = Voices(window=window, texts=texts, sites=sites, here=here)
    own = [node for node in headings if not voices.is_site(said(node))]
    agreed, shown = _agreed(own, voices, habits), _great(own, habits)
    lines: list[headline.TitleLine] = []
    twice = next(voices.said_twice(), "")
    is_only = not (agreed or twice) and len(shown) == 1 and not is_name(shown[0])
    if is_name(agreed) and voices.votes(agreed) < _VOTES_FOR_A_NAME and not is_only:
        if agreed or not shown or any(map(is_name, shown)):
            # What a name is of, the page's menus tell.
            voices = replace(voices, sites=voices.sites | _sections(tree, here))
        lines = _lines(tree, voices, habits)
        named = (line.text for line in lines if line.is_marked or not is_name(line.text))
        agreed = voices.nearest_said((*named, agreed))
        if even(agreed) == even(window) and not any(known.titles):
            # Old pages are called like their site, and so is their first heading.
            agreed = next((line.text for line in lines if line.is_great), agreed)
    told = agreed or twice
    if promised and not (told and _suits(told, promised, voices, lead)):
        return promised
    if agreed:
        return _without_namespace(agreed, here)
    layout = _likely([text for text in shown if not voices.is_site(text)], lines, voices)
    rest = _of_one_place(known.titles, shown, lines, voices)
    section = (text for node in headings if even(text := said(node)) not in sites)
    return next(filter(None, (*layout, twice, *rest, *section)), "")


def _agreed(own: Sequence[Node], voices: Voices, habits: Habits) -> str:
    """What most say of the headings, without a rubric; "" where nobody says any."""
    printed = {said(node): node for node in reversed(own)}
    agreed = voices.most_said(printed)
    if voices.says(agreed):
        return _without_rubric(printed[agreed])
    return voices.most_said(_without_kicker(node, voices, habits) for node in own)


def _great(own: Sequence[Node], habits: Habits) -> list[str]:
    """What the great headings of the page itself say, but for days."""
    nodes = (node for node in own if node.tag == "h1" and not _is_over(node))
    texts = (_text(node, habits) for node in nodes)
    return [text for text in texts if not headline.is_day(text, habits.date_style)]


def _suits(agreed: str, promised: str, voices: Voices, lead: Draft | None) -> bool:
    """Whether what a page agrees on is what its lead told.

    "Loading..." twice is no better name for what a listing told in a headline, nor the site's name
    for one that the page says, too.
    """
    is_said = not is_name(promised) or any(says(voice, promised) for voice in voices.texts[1:])
    is_listed = lead is not None and lead.form == listed_entry.FORM
    is_free = is_listed and (not is_name(agreed) or not is_said)
    return is_free or says(promised, agreed) or says(agreed, promised)


def _lines(tree: Tree, voices: Voices, habits: Habits) -> list[headline.TitleLine]:
    """The lines above the text that may be its title, the nearest to it first."""
    if tree.body is None:
        return []
    called = even(voices.window)
    return headline.over_the_text(
        tree.body,
        habits.date_style,
        is_own=voices.here.is_same,
        is_name=is_name,
        is_of_site=lambda line: voices.is_site(line) or _begins_with(line, called),
    )


def _begins_with(line: str, window: str) -> bool:
    """Whether a line is the name the window has, or more of one of two words or more."""
    text = even(line)
    is_more = " " in window and text.startswith(f"{window} ")
    return is_name(window) and (is_more or text == window)


def is_in(line: str, named: str) -> bool:
    """Whether a line is a title, with the namespace of a wiki in front or without, or one that is
    more than a name with a rubric or a day.
    """
    said, text = fold(line), fold(named)
    if not text or text not in said:
        return False
    is_more = len(said) - len(text) <= _LONGEST_RUBRIC_CHARS and not is_name(named)
    ends = (f":{text}", text) if is_more else (f":{text}",)
    return said == text or said.endswith(ends) or (is_more and said.startswith(text))


def lines_of(block: Block) -> list[str]:
    """The lines of a block, as old pages break menu, title and text; those of a heading as one."""
    return [block.line] if block.tag in _HEADINGS else block.text.split("\n")


# -- What stands on the page -----------------------------------------------------------------------


def _headings(tree: Tree) -> list[Node]:
    """The headings of a page as long as titles are, or else the first, without those of a menu, a
    side or the foot.
    """
    nodes = find_all(tree, "h1, h2, h3, h4")[:_MOST_HEADINGS]
    shown = [(node, len(said(node))) for node in nodes if _around(node) is not None]
    titles = [node for node, length in shown if 0 < length <= _LONGEST_TITLE_CHARS]
    return titles or [node for node, length in shown if length][:1]


def _text(node: Node, habits: Habits) -> str:
    """What a heading says, without a rubric, a subtitle or a day that stands in an element of its
    own at its start or end.
    """
    text = _without_rubric(node)
    for element in _within(node):
        part = said(element)
        if part in {"", text}:
            continue
        rest = text.removesuffix(part).rstrip()
        is_parted = rest != text and rest.endswith(_MARKS)
        if is_parted and dates.whole_day(part, habits.date_style):
            text = rest.rstrip(headline.BETWEEN)
        elif rest != text and (element.tag == "small" or _SUBTITLE.search(names(element))):
            text = rest
    parts = parts_of(node) if text == said(node) else []
    is_below = len(parts) > 1 and is_name(parts[0]) and len(parts[0]) >= _FEWEST_CHARS_OF_A_LINE
    return parts[1] if is_below else text


def _without_rubric(node: Node) -> str:
    """What a heading says but for what its page calls a rubric, or parts from it by a colon."""
    text = said(node)
    for element in _within(node):
        part = said(element)
        if part and is_name(part) and _is_rubric(element, part, rest=text.removeprefix(part)):
            return text.removeprefix(part).lstrip(headline.BETWEEN)
    return text


def _within(node: Node) -> Iterator[Node]:
    """The first elements within a heading."""
    return islice(node.traverse(), 1, _MOST_PARTS)


def _is_rubric(node: Node, text: str, rest: str) -> bool:
    """Whether what a heading begins with is above its title, the ``rest`` of it."""
    begun = rest.lstrip(headline.BETWEEN)[:1]
    if not begun or begun.islower() or rest == text:
        return False
    is_called = _RUBRIC.search(names(node)) is not None
    is_parted = text.endswith(":") or (text.isupper() and " " in text)
    return is_called or (is_parted and "class" in node.attributes)


def _without_kicker(node: Node, voices: Voices, habits: Habits) -> str:
    """What a heading says without the rubric or place before what a title says."""
    text = said(node)
    known = {even(each) for each in voices.texts}
    for part in map(said, _within(node)):
        is_told = even(part) in known or (not is_name(part) and voices.votes(part))
        if part != text and text.endswith(part) and is_told:
            return part
    for bare in map(voices.without_site, voices.texts):
        before = text.removesuffix(bare).rstrip()
        if before in {"", text} or is_name(bare):
            continue
        if before.endswith(_KICKER_ENDS) or not voices.votes(text):
            return bare
    rest = _text(node, habits)
    return text if rest == text else max(rest, text, key=voices.votes)


def _around(node: Node) -> list[Node] | None:
    """The elements around a heading; None for one of a menu, a side or the foot."""
    around = [each for each, _ in zip(ancestors(node), range(_ABOVE), strict=False)]
    return None if any(each.tag in _ASIDE for each in around) else around


def _is_over(node: Node) -> bool:
    """Whether a heading is of a window over the page."""
    return any(headline.OVERLAY.search(names(each)) for each in _around(node) or ())


def _sites(
    tree: Tree, headings: Sequence[Node], known: Metadata, here: OwnAddress
) -> frozenset[str]:
    """What the site and its sections are called."""
    named = [said(node) for at, node in enumerate(headings) if _is_of_site(node, here, at)]
    links = [link for link in find_all(tree, _HOME)[:_MOST_HEADINGS] if _leads_home(link, here)]
    return frozenset(even(name) for name in (*known.sites, *named, *map(said, links)) if name)


def _is_of_site(node: Node, here: OwnAddress, at: int) -> bool:
    around = _around(node) or []
    links = [*find_all(node, "a[href]"), *(each for each in around[:2] if each.tag == "a")]
    if any(_leads_home(link, here) for link in links):
        return True
    tags = {each.tag for each in around}
    if not tags.isdisjoint(_ARTICLE):
        return False
    if not at and any(here.is_up(attribute(link, "href")) for link in links):
        return True
    # The head of an article names what its address is made of.
    is_header = "header" in tags and not here.has_words_of(said(node))
    return is_header or any(_SITE.search(names(each)) for each in (node, *around[:2]))


def _sections(tree: Tree, here: OwnAddress) -> frozenset[str]:
    """The names in the menus of a page: of links that lead elsewhere."""
    links = find_all(tree, "li > a[href], nav a[href], td > a[href], div > a[href]")[:_MOST_LINKS]
    named = {
        text
        for link in links
        if is_name(text := said(link)) and not here.is_same(attribute(link, "href"))
    }
    return frozenset(map(even, named))


def _leads_home(link: Node, here: OwnAddress) -> bool:
    return "home" in attribute(link, "rel") or here.is_home(attribute(link, "href"))


# -- What is said of it ----------------------------------------------------------------------------


def _likely(
    shown: Sequence[str], lines: Sequence[headline.TitleLine], voices: Voices
) -> Sequence[str]:
    """What is printed as titles are: the only great heading, the heading right above the text."""
    above = max(lines, key=lambda line: line.rank, default=None)
    near = [above.text] if above and above.is_heading and not is_name(above.text) else []
    if len(shown) != 1:
        return near
    if not is_name(shown[0]):
        return shown
    # A short one may be the name of a section, and what stands below it a title or a subtitle.
    if voices.here.has_folder_of(shown[0]) or all(line.text != shown[0] for line in lines):
        return near
    words = len(shown[0].split()), *(len(text.split()) for text in near)
    is_section = words[0] <= _MOST_WORDS_OF_A_SECTION and max(words) <= _MOST_WORDS_OF_A_TITLE
    return [*near, *shown] if is_section else [*shown, *near]


def _of_one_place(
    stated: Sequence[str],
    shown: Sequence[str],
    lines: Sequence[headline.TitleLine],
    voices: Voices,
) -> Iterator[str]:
    """What one place says, where no two agree: metadata, the line that is most like a title, the
    window; what is more than a name before names.
    """
    told = [text for each in stated if not voices.is_site(text := voices.without_site(each))]
    window = voices.without_site(voices.window)
    called = [] if voices.is_site(window) else [window]
    likeliest = sorted(lines, key=lambda line: line.rank)[-1:]
    near = [line.text for line in likeliest if line.is_marked or all(map(is_name, called))]
    yield from (text for text in (*told, *near) if not is_name(text))
    # The name of a site is cut off from titles, not from its slogan.
    yield from (text for text in called if text != voices.window and is_headline(text))
    yield from (*near, *sorted(shown, key=is_name), *told, *called)


def _without_namespace(title: str, here: OwnAddress) -> str:
    """A title without what stands before it in the page's address too, as in a wiki's."""
    space, _, rest = title.partition(":")
    if not rest or rest[0].isspace() or " " in space:
        return title
    is_addressed = any(even(f"{space}:") in even(unquote(url)) for url in here.urls)
    return rest if is_addressed else title
