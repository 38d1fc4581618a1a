"""The text of an article: its paragraphs, the same as markup, and the subtitle above them.

Knows how sites mark their articles and their furniture, and what stands between a title and the
first paragraph. Must never know metadata other than the text they hold, or who issued an article.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from feeds.draft import DateOrder, Draft, Habits
from feeds.model import Issued
from feeds.parse import dateline, dates
from feeds.parse.html import printed
from feeds.parse.html.metadata import Metadata
from feeds.parse.html.printed import Printed
from feeds.parse.html.tree import Node, Tree, find, find_all, names, one_line, said, take_out
from feeds.parse.sanitise import Block, blocks, sanitised, without
from feeds.parse.text import clean
from feeds.parse.words import any_of
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.naming import fold

FORM = "html"

# Furniture by what it is.
_FURNITURE = (
    "script, style, noscript, template, nav, aside, form, iframe, svg, button, dialog, "
    'figcaption, [role="navigation"], [role="banner"], [role="contentinfo"], [role="search"], '
    '[role="complementary"], [role="dialog"], [role="alertdialog"], [hidden], [aria-hidden="true"]'
)
# The header of an article is part of it; what is in its footer is not.
_FRAMES = "header:not(article *, main *), footer"
# Furniture by what its page calls it.
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|addtoany|addthis|related|recommended|cookies?|consent|"
    r"gdpr|breadcrumbs?|pager|pagination|sidebar|newsletter|subscribe|comments?|caption|"
    r"skip-?links?|skip|print|tags|contacts?|advert|ads?|promo|menu|nav|navbar|navigation|toolbar|"
    r"popup|modal|banner|read-?more|see-?also|visually-hidden|sr-only|element-invisible|hidden|"
    r"language-switcher|site-header|site-footer|page-footer|photo-details)(?:$|[\s_-])"
)
# A site that calls its whole page "has-sidebar" has no sidebar for a page.
_MOST_OF_A_PAGE = 0.5

# Where sites keep the text of an article, the narrowest part first.
_TEXTS = (
    '[itemprop~="articleBody"]', ".field--name-body", ".field-name-body", ".entry-content",
    ".article-body", ".article__body", ".article-content", ".article__content", ".post-content",
    ".news-content", ".news-body", ".story-body", ".node__content", ".rich-text", ".wysiwyg",
    "article", '[role="article"]', "main", '[role="main"]', "#main-content", "#content",
)  # fmt: skip
_FEWEST_CHARS_OF_A_TEXT = 140
_MOST_IN_LINKS = 0.4
# So much of a page in paragraphs beside each other needs no extractor to be found.
_FEWEST_PARAGRAPHS = 3
_MOST_OF_ITS_TEXT = 0.8

# Lines with a date, an author or a kind; a paragraph is longer or ends in a full stop.
_LONGEST_HEAD_CHARS = 80
_MOST_HEAD_BLOCKS = 8
_MOST_WORDS_BY_A_DATE = 8
# "3 June 2002 року", "3. juni 2002. godine".
_LONGEST_WORD_FOR_YEAR = 6
_DEFINING = frozenset({"dt", "dd"})
# How much of an extractor's text must be found again in the page to take the page's own markup.
_FOUND_AGAIN = 0.6

# trafilatura walks a tree by recursion; real pages stay far below.
_DEEPEST = 200
# It takes seconds for more.
_LONGEST_CHARS = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BarePage:
    """A page without its furniture: sanitised ``whole``, its blocks, their lines, the labels among
    them, and what was read before the furniture went.
    """

    title: str
    metadata: Metadata
    issued: Issued | None
    base: str | None
    whole: str
    blocks: tuple[Block, ...]
    lines: tuple[str, ...]
    printed: Printed


def strip(tree: Tree) -> None:
    """Takes the furniture out of a page; its title and its article stay."""
    whole = len(tree.body.text()) if tree.body is not None else 0
    take_out([node for node in find_all(tree, _FURNITURE) if not _holds_article(node, whole)])
    take_out([node for node in find_all(tree, _FRAMES) if not find(node, "h1")])
    called = find_all(tree, "body [class], body [id]")
    named = [node for node in called if _CALLED.search(names(node))]
    take_out([node for node in named if not _holds_article(node, whole)])


def read(tree: Tree, page: BarePage, taxonomy: Taxonomy, habits: Habits) -> Draft:
    """The title and the text, found by the source's selector, the page's own marks, its metadata or
    an extractor; the subtitle that stands between title and labels is the summary.
    """
    markup = _marked(tree, habits.selectors.page_text, page.base)
    if markup is None:
        markup = _dense_in(tree, page.base) or _found(tree, page)
    found = blocks(markup)
    used = printed.read(found, taxonomy).used
    # Behind the title, where it stands within the text.
    named = fold(page.title)
    start = next((at for at, block in enumerate(found) if fold(block.line) == named), -1) + 1
    start, subtitle = _behind_labels(found, start, used)
    head = [
        at for at in range(start, len(found)) if at < start + _MOST_HEAD_BLOCKS and at not in used
    ]
    skipped = {at for at in head if is_head(found[at], taxonomy, habits.date_order)}
    # A list of definitions with labels or a date among them holds no text.
    if any(found[at].tag in _DEFINING for at in skipped | used):
        skipped |= {at for at in head if found[at].tag in _DEFINING}
    kept = [
        block
        for at, block in enumerate(found)
        if at >= start and at not in used and at not in skipped
    ]
    paragraphs = clean.paragraphs([block.line for block in kept], page.title, taxonomy)
    return Draft(
        form=FORM,
        title=page.title,
        summary=subtitle,
        paragraphs=paragraphs,
        markup=without(markup, _dropped(found, kept, paragraphs)),
    )


@cache
def _numbered() -> re.Pattern[str]:
    """The number of a release at the end of its kind: "Spot report No. 4/2017"."""
    before = rf"{any_of('before_number', str)}\s?"
    return re.compile(rf"\s(?:{before})?[0-9]{{1,4}}(?:[/-][0-9]{{2,4}})?$", re.IGNORECASE)


def is_head(block: Block, taxonomy: Taxonomy, order: DateOrder | None) -> bool:
    """Whether a line belongs to the head of a page: its kind, its day, who wrote it."""
    line = block.line
    if len(line) > _LONGEST_HEAD_CHARS:
        return False
    if taxonomy.kind_label(_numbered().sub("", line)) or taxonomy.is_newsroom(line):
        return True
    found = dates.mentions(line, order)
    if len(found) != 1 or len(line.split()) > _MOST_WORDS_BY_A_DATE:
        return False
    is_alone = len(line[found[0].end :].strip(" .")) <= _LONGEST_WORD_FOR_YEAR
    return (is_alone and not block.tag.startswith("h") and dateline.find(line, order) is None) or (
        dateline.line(line, order) is not None
    )


def _marked(tree: Tree, selector: str, base: str | None) -> str | None:
    """The article's text as sanitised HTML; None where no element holds it for sure."""
    if chosen := find_all(tree, selector) if selector else []:
        return sanitised("\n".join(node.html or "" for node in _outermost(chosen)), base)
    for candidate in _TEXTS:
        found = _outermost(find_all(tree, candidate))
        if len(found) == 1 and _is_text(found[0]):
            return sanitised(found[0].html or "", base)
    return None


def _dense_in(tree: Tree, base: str | None) -> str | None:
    """The one element whose own paragraphs are nearly all a page says, as sanitised HTML."""
    held: dict[int, list[Node]] = {}
    paragraphs = find_all(tree, "p")
    for above, paragraph in ((above, each) for each in paragraphs if (above := each.parent)):
        held.setdefault(above.mem_id, []).append(paragraph)
    best = max(held.values(), key=_chars, default=[])
    whole = len(tree.body.text()) if tree.body is not None else 0
    holder = best[0].parent if len(best) >= _FEWEST_PARAGRAPHS else None
    if holder is None or _chars(best) < _MOST_OF_ITS_TEXT * whole or not _is_text(holder):
        return None
    return sanitised(holder.html or "", base)


def _matching(page: Sequence[Block], texts: Iterable[str]) -> list[Block]:
    """The blocks of a page that hold nothing but some texts, wherever their words end."""
    whole = _squeezed(" ".join(texts))
    return [block for block in page if _squeezed(block.text) in whole]


def _found(tree: Tree, page: BarePage) -> str:
    """The article in a page that does not mark it."""
    texts = [text for line in page.metadata.body.splitlines() if (text := one_line(line))]
    if sum(map(len, texts)) < _FEWEST_CHARS_OF_A_TEXT:
        texts = list(_extracted(tree))
    length = sum(map(len, texts))
    if not length:
        return page.whole
    chosen = _matching(page.blocks, texts)
    if sum(len(block.text) for block in chosen) < _FOUND_AGAIN * length:
        return "".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)
    starts = {block.start for block in chosen}
    return without(page.whole, [block for block in page.blocks if block.start not in starts])


def _behind_labels(found: Sequence[Block], start: int, used: frozenset[int]) -> tuple[int, str]:
    """Where the text starts, and the subtitle, if labels stand between the two."""
    first = min((at for at in used if at >= start), default=None)
    if first is None:
        return start, ""
    end = first
    while end in used:
        end += 1
    above = found[start:first]
    if sum(len(block.text) for block in found[end:]) < sum(len(block.text) for block in above):
        return start, ""
    return end, " ".join(
        block.line for block in above if len(block.line) > _LONGEST_HEAD_CHARS // 4
    )


def _dropped(
    found: Sequence[Block], kept: Sequence[Block], paragraphs: Sequence[str]
) -> list[Block]:
    """The blocks that are no paragraph; where a paragraph comes twice, all but one."""
    places = {block.start for block in kept}
    waiting = list(paragraphs)
    dropped = []
    for block in found:
        if block.start in places and waiting and block.line.endswith(waiting[0]):
            del waiting[0]
        else:
            dropped.append(block)
    return dropped


def _outermost(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    inside: set[int] = set()
    for node in nodes:
        if node.mem_id not in inside:
            found.append(node)
            inside |= {below.mem_id for below in find_all(node, "article, div, main, section")}
    return found


def _is_text(node: Node) -> bool:
    length = len(said(node))
    linked = sum(len(said(link)) for link in find_all(node, "a"))
    paragraphs = sum(len(said(paragraph)) for paragraph in find_all(node, "p, li, br"))
    return (
        length >= _FEWEST_CHARS_OF_A_TEXT and linked <= _MOST_IN_LINKS * length and paragraphs > 0
    )


def _chars(nodes: Iterable[Node]) -> int:
    return sum(len(node.text()) for node in nodes)


def _holds_article(node: Node, whole: int) -> bool:
    if find(node, "h1, article, main") is not None:
        return True
    return len(node.text()) > _MOST_OF_A_PAGE * whole > 0 and find(node, "p") is not None


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _extracted(tree: Tree) -> tuple[str, ...]:
    """The lines of a page's article as trafilatura tells it, none where the page is too large."""
    markup = tree.html or ""
    if len(markup) > _LONGEST_CHARS or (tree.body is not None and _depth(tree.body) > _DEEPEST):
        return ()
    # A third of a second and hundreds of modules: only who meets a page that needs it pays.
    import trafilatura  # noqa: PLC0415

    text = trafilatura.extract(markup, include_comments=False, with_metadata=False)
    return tuple(line for line in (text or "").splitlines() if line.strip())


def _depth(root: Node) -> int:
    """How deep elements stand below one, in one walk without recursion."""
    deepest, depth = 0, 0
    node: Node | None = root
    while node is not None:
        deepest = max(deepest, depth)
        below = node.first_child
        if below is not None:
            node, depth = below, depth + 1
            continue
        while node is not None and node.next is None and depth > 0:
            node, depth = node.parent, depth - 1
        node = node.next if node is not None and depth > 0 else None
    return deepest
