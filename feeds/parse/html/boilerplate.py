"""What stands on a page and is not its article: menus, share bars, teasers, forms, comments.

Knows how such parts are built and what pages call them. Must never know what the article says, or
what is read from it.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from feeds.parse.html.metadata import MARKS, HtmlPage
from feeds.parse.html.outline import Part
from feeds.parse.html.tree import find, find_all

# Furniture by what it is, whatever it holds; a title apart. A day may stand in a foot.
_UNREAD = "script, noscript, svg, nav, iframe, button, dialog, select"
_FOOT = "footer"
# By what it is or says it is for, unless most of the prose of a page is in it.
_FURNITURE = frozenset(
    "aside form textarea figcaption marquee "
    "navigation banner contentinfo search complementary dialog alertdialog".split()
)
_ARTICLES = frozenset({"article", "main"})
# Furniture by what its page calls it.
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|addtoany|addthis|related|recommended|cookies?|consent|"
    r"gdpr|breadcrumbs?|pager|pagination|sidebar|newsletter|subscribe|caption|"
    r"skip-?links?|skip|print|tags|contacts?|advert|ads?|promo|menu|nav|navbar|navigation|toolbar|"
    r"popup|modal|banner|read-?more|see-?also|visually-hidden|sr-only|element-invisible|"
    r"language-switcher|site-header|site-footer|page-footer|photo-details|no-?print|foot(?:er)?|"
    r"right-?bar|right-?nav|left-?bar|left-?nav|qr-?code|legende?|"
    r"enlarge|(?:user-?|reader-?)?ratings?|valorar|vistas)(?:$|[\s_-])"
    r"|(?:^|\s)hidden(?:$|\s)(?!(?:[^\s]{1,40}\s){0,20}(?:sm|md|lg|xl|2xl):(?:block|flex|grid|inline|contents))"
)
# What readers write; some call the paragraphs of an article so.
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?:comments?|comentarios?|comentaris?|"
    r"commentaires?|commenti|kommentare?|kommentarer|komentar(?:i|e|y|ze|ji|ze)?|kommentit|reacties|"
    r"hozzaszolas(?:ok)?|yorumlar|disqus|dsq|livefyre|fb-comments)(?:$|[\s_-])"
)
# Those may be longer than the article above them, which is as long as this.
_FEWEST_CHARS_ABOVE_COMMENTS = 300
_FEWEST_CAPTIONS = 3
# A site that calls its whole page "has-sidebar" has no sidebar for a page.
_MOST_OF_PROSE = 0.5

# What its page calls the lines of an article that are not its text, and what follows it.
_BESIDE_TEXT = re.compile(
    r"(?:^|[\s_-])(?:by-?lines?|authors?|bio|(?:entry|post|article|node|page)-?(?:meta|footer|info|date)|"
    r"timestamp|posted-on|post-?meta-?data|cat-links|tag-?list|taglist|credits?|copyright|"
    r"related-?posts?|relatedposts|teasers?|most-read|popular|trending|latest|outbrain|taboola|"
    r"comment-?list|commentlist|respond|disqus|feedback|signup|sign-up|donate|screen-reader-text|"
    r"calendar|widget_\w{1,40}|catlinks|jp-relatedposts|sharedaddy|sociable|post-?nav|adsbygoogle|advertisement|sponsored)(?:$|[\s_-])"
)

_TEASER = re.compile(r"(?:^|[\s_-])teaser(?:$|[\s_-])")

# Where a link leads that hands a page on.
_SHARES = (
    'a:is([href*="/sharer"], [href*="twitter.com/intent"], [href*="twitter.com/share"], '
    '[href*="x.com/intent"], [href*="linkedin.com/share"], [href*="pinterest.com/pin/create"], '
    '[href*="wa.me/"], [href*="whatsapp.com/send"], [href^="whatsapp:"], [href*="t.me/share"], '
    '[href*="vk.com/share"], [href*="reddit.com/submit"], [href^="mailto:?"], '
    '[href^="javascript:window.print"])'
)
_CONTACTS = 'a[href^="mailto:"], a[href^="tel:"]'
_ASKED = 'input[type="email" i], input[type="password" i]'
# What stands around a form or a share bar: its heading and what it is for.
_MOST_CHARS_BY_A_FORM = 300
_MOST_OF_PROSE_BY_A_FORM = 0.2
_MOST_CHARS_BY_A_BAR = 60
_LONGEST_HEADING_CHARS = 90

# One of several teasers: a linked title, and a few lines.
_FEWEST_CARDS = 2
_LONGEST_CARD_CHARS = 600
_FEWEST_CHARS_OF_A_LINK = 8
_LEAST_LINKED_OF_A_CARD = 0.15
_LEAST_LINKED_OF_A_LINE = 0.5
# A line that leads elsewhere, "Read also: ...", holds little but its link.
_LEAST_LINKED_OF_A_LEAD = 0.7
_LONGEST_LABEL_CHARS = 40
_COLONS = (":", "：", "»", ">", "→")
_MOST_OTHERS_AMONG_CARDS = 0.25


def strip_unread(page: HtmlPage, names: str = _UNREAD) -> None:
    """Takes out what is furniture by its name alone, and holds no day of its page."""
    page.take_out([each for each in find_all(page.tree, names) if find(each, "h1, main") is None])


def strip(page: HtmlPage) -> None:
    """Takes all other furniture out of a page; its title and its article stay."""
    strip_unread(page, _FOOT)
    whole = page.whole
    if whole is None:
        return
    captions = _captions_of_gallery(page, whole)
    lines = []
    for part in [each for each in whole.within() if _is_furniture(each, captions)]:
        if part.is_below(whole) and (not _holds_article(part, whole) or _is_below_article(part)):
            furnished = _with_words_for_it(part, whole)
            lines += [] if furnished.block else [furnished.line]
            furnished.leave()
    left = (line for line in dict.fromkeys(lines) if line is whole or line.is_below(whole))
    for line in left:
        line.measure_line()
    # Some sites send a form around the whole page: its article is no part of a form.
    page.unwrap("form")
    if captions:
        page.unwrap("figcaption")


def strip_text(page: HtmlPage, whole: Part) -> None:
    """Takes out what stands within or below the text of an article, whatever it is called."""
    parts = list(whole.within())
    named = [each for each in parts if each.block and each.called]
    for part in [each for each in named if is_called_beside(each.called)]:
        if part.is_below(whole) and not _holds_article(part, whole) and not _is_lead(part):
            _drop(part)
    known = page.parts
    _strip_share_bars(whole, known)
    if whole.linked:
        _strip_contacts(whole, known)
        for part in parts:
            if part.linked and (part is whole or part.is_below(whole)):
                for cards in _groups(part):
                    _drop_cards(cards, whole)
        for part in parts:
            if part.own_linked and part.is_below(whole) and _leads_elsewhere(part):
                _drop(part)


def _is_furniture(part: Part, captions: AbstractSet[int]) -> bool:
    """Whether an element is furniture by its tag, by attributes or by what its page calls it."""
    tag, told = part.tag, part.node.attributes
    if tag == "header" and all(above.tag not in _ARTICLES for above in part.around()):
        return True
    # Most have none.
    style = (told.get("style") or "").lower() if told else ""
    is_furniture = tag in _FURNITURE or (
        bool(told)
        and (
            told.get("role") in _FURNITURE
            or "hidden" in told
            or told.get("aria-hidden") == "true"
            or "display:none" in style
            or "display: none" in style
        )
    )
    if is_furniture and not (captions and part.node.mem_id in captions):
        return True
    return bool(told) and is_called_furniture(part.called, is_paragraph=tag == "p")


# The same names come again and again.
@lru_cache(maxsize=1_024)
def is_called_furniture(names: str, *, is_paragraph: bool) -> bool:
    """Whether its page calls an element furniture."""
    return _CALLED.search(names) is not None or (
        not is_paragraph and _COMMENTS.search(names) is not None
    )


@lru_cache(maxsize=1_024)
def is_called_beside(names: str) -> bool:
    """Whether its page calls an element what stands beside a text, and is none of it."""
    return _BESIDE_TEXT.search(names) is not None


def _with_words_for_it(part: Part, whole: Part) -> Part:
    """A form to leave an address or a password in, with what asks for it; any other part as it
    is.
    """
    if part.tag != "form" or find(part.node, _ASKED) is None:
        return part
    while (
        (up := part.up) is not None
        and up.up is not None
        and not up.has_title
        and up.chars - part.chars <= _MOST_CHARS_BY_A_FORM
        and up.prose - part.prose <= _MOST_OF_PROSE_BY_A_FORM * whole.prose
    ):
        part = up
    return part


def _leads_elsewhere(part: Part) -> bool:
    """Whether a line, or a box with a heading, is a link to another page, with a label at most."""
    if not part.block or part.is_heading or part.own_linked < _FEWEST_CHARS_OF_A_LINK:
        return False
    if not all(_is_heading(each) for each in part.parts if each.block):
        return False
    label = part.own - part.own_linked
    if part.own_linked >= _LEAST_LINKED_OF_A_LEAD * part.own and label <= _LONGEST_LABEL_CHARS:
        return True
    if label > _LONGEST_LABEL_CHARS:
        return False
    # A picture may be linked in front of it.
    linked = next((text for link in find_all(part.node, "a") if (text := link.text())), "")
    before, _, behind = part.node.text().partition(linked) if linked else ("", "", "")
    # A box's label is set apart by being bold.
    bold = find(part.node, "b, strong") if part.tag == "div" and not behind.strip() else None
    is_bold = bold is not None and bold.text().strip() == before.strip() != ""
    return is_bold or before.rstrip().endswith(_COLONS)


def _strip_share_bars(whole: Part, known: Mapping[int, Part]) -> None:
    for node in find_all(whole.node, _SHARES):
        part = known.get(node.mem_id)
        if part is not None and part.is_below(whole):
            _grown(part, _MOST_CHARS_BY_A_BAR).leave()


def _strip_contacts(whole: Part, known: Mapping[int, Part]) -> None:
    """Takes out boxes with a heading that say whom to write to or to call."""
    for node in find_all(whole.node, _CONTACTS):
        part = known.get(node.mem_id)
        while part is not None and part.is_below(whole) and not part.has_title:
            if part.chars > _MOST_CHARS_BY_A_FORM or _is_much(part, whole):
                break
            if any(each.is_heading for each in part.within()):
                part.leave()
            part = part.up


def _is_much(part: Part, whole: Part) -> bool:
    return part.prose > _MOST_OF_PROSE_BY_A_FORM * whole.prose


def _drop_cards(cards: list[Part], whole: Part) -> None:
    """Takes teasers out, with their heading; what is most of a page is none."""
    if sum(card.prose for card in cards) > _MOST_OF_PROSE * whole.prose:
        return
    around, first = cards[0].up, cards[0].before
    for card in cards:
        card.leave()
    if around is not None and around is not whole and _says_little(around):
        _drop(around)
    elif first is not None and _is_heading(first):
        first.leave()


def _groups(part: Part) -> Iterator[list[Part]]:
    """The teasers among the elements of one, those of one kind together."""
    kinds: dict[tuple[str, str], list[Part]] = {}
    for each in part.parts:
        if each.block:
            name = (each.node.attributes.get("class") or "").partition(" ")[0]
            kinds.setdefault((each.tag, name), []).append(each)
    for alike in kinds.values():
        cards = [each for each in alike if _is_card(each)]
        if len(cards) >= _FEWEST_CARDS and (
            len(alike) - len(cards) <= _MOST_OTHERS_AMONG_CARDS * len(alike)
        ):
            yield cards


def _is_card(part: Part) -> bool:
    if part.linked < _FEWEST_CHARS_OF_A_LINK or part.chars > _LONGEST_CARD_CHARS:
        return False
    is_line = not part.holds_blocks
    least = _LEAST_LINKED_OF_A_LINE if is_line else _LEAST_LINKED_OF_A_CARD
    return part.linked >= least * part.chars


def _drop(part: Part) -> None:
    """Takes a part out with what was there for its sake: all around it that says little more, and
    the heading before it.
    """
    part = _grown(part, 0)
    first = part.before
    part.leave()
    if first is not None and _is_heading(first):
        first.leave()


def _grown(part: Part, most: int) -> Part:
    """The largest part around one with no prose and few other characters."""
    while (
        (up := part.up) is not None
        and up.up is not None
        and not up.has_title
        and up.tag not in {"body", "main", "article"}
        and up.prose == part.prose
        and up.chars - part.chars <= most
    ):
        part = up
    return part


def _is_heading(part: Part) -> bool:
    """Whether a part is no more than a heading."""
    return _says_little(part) and any(each.is_heading for each in part.within())


def _says_little(part: Part) -> bool:
    return not part.has_title and not part.prose and part.chars <= _LONGEST_HEADING_CHARS


def _captions_of_gallery(page: HtmlPage, whole: Part) -> set[int]:
    """The captions of a page that tells most of what it tells in them."""
    nodes = find_all(whole.node, "figcaption")
    told = [part.prose for node in nodes if (part := page.parts.get(node.mem_id)) and part.prose]
    is_text = len(told) >= _FEWEST_CAPTIONS and sum(told) > _MOST_OF_PROSE * whole.prose
    return {node.mem_id for node in nodes} if is_text else set()


def _is_lead(part: Part) -> bool:
    """Whether what its page calls a teaser is that of its own article: prose that leads nowhere,
    without a heading, and the only one in its place.
    """
    if not _TEASER.search(part.called) or not part.prose or part.linked or part.up is None:
        return False
    alike = [each for each in part.up.parts if _TEASER.search(each.called)]
    return len(alike) == 1 and not any(each.is_heading for each in part.within())


def _is_below_article(part: Part) -> bool:
    """Whether a part is what readers wrote, however much, behind prose of another kind."""
    if part.has_title or part.tag == "p" or _COMMENTS.search(part.called) is None:
        return False
    above = 0
    for each in (part, *part.around()):
        for other in each.up.parts if each.up is not None else ():
            if other is each:
                break
            above += other.prose
    return above >= _FEWEST_CHARS_ABOVE_COMMENTS and find(part.node, ", ".join(MARKS)) is None


def _holds_article(part: Part, whole: Part) -> bool:
    return part.has_title or part.prose > _MOST_OF_PROSE * whole.prose
