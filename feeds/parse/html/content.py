"""The part of a page that is its article, without what stands around it.

Knows how sites mark their articles and their furniture. Must never know what an article says.
"""

import re
from collections.abc import Iterable, Sequence

from feeds.parse.html.tree import Node, Tree, find, find_all, names, said, take_out
from feeds.parse.sanitise import Block, blocks, sanitised

# Furniture by what it is.
_FURNITURE = (
    "script, style, noscript, template, nav, aside, form, iframe, svg, button, dialog, "
    'figcaption, [role="navigation"], [role="banner"], [role="contentinfo"], [role="search"], '
    '[role="complementary"], [role="dialog"], [role="alertdialog"], [hidden], [aria-hidden="true"]'
)
# Furniture by what its page calls it.
_CALLED = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|addtoany|addthis|related|recommended|cookies?|consent|"
    r"gdpr|breadcrumbs?|pager|pagination|sidebar|newsletter|subscribe|comments?|caption|"
    r"skip-?links?|skip|print|tags|contacts?|advert|ads?|promo|menu|nav|navbar|navigation|toolbar|"
    r"popup|modal|banner|read-?more|see-?also|visually-hidden|sr-only|element-invisible|hidden|"
    r"language-switcher|site-header|site-footer|page-footer|photo-details)(?:$|[\s_-])"
)
_NEVER = frozenset({"html", "body", "main", "article", "h1"})
# A site that calls its whole page "has-sidebar" has no sidebar for a page.
_MOST_OF_A_PAGE = 0.5

# Where sites keep the text of an article, the narrowest part first.
_TEXTS = (
    '[itemprop~="articleBody"]', ".field--name-body", ".field-name-body", ".entry-content",
    ".article-body", ".article__body", ".article-content", ".article__content", ".post-content",
    ".news-content", ".news-body", ".story-body", ".node__content", ".rich-text", ".wysiwyg",
    "article", '[role="article"]', "main", '[role="main"]', "#main-content", "#content",
)  # fmt: skip
_FEWEST_CHARS = 140
_MOST_IN_LINKS = 0.4
# So much of a page in paragraphs beside each other needs no extractor to be found.
_FEWEST_PARAGRAPHS = 3
_MOST_OF_ITS_TEXT = 0.8


def strip(tree: Tree) -> None:
    """Takes the furniture out of a page; its title and its article stay."""
    whole = len(tree.body.text()) if tree.body is not None else 0
    take_out([node for node in find_all(tree, _FURNITURE) if not _holds_article(node, whole)])
    frames = find_all(tree, "header, footer")
    take_out([node for node in frames if not find(node, "h1") and not _is_of_article(node)])
    called = find_all(tree, "body [class], body [id]")
    named = [node for node in called if node.tag not in _NEVER and _CALLED.search(names(node))]
    take_out([node for node in named if not _holds_article(node, whole)])


def text_of(tree: Tree, selector: str, base: str | None) -> str | None:
    """The article's text as sanitised HTML; None where no element holds it for sure."""
    if chosen := find_all(tree, selector) if selector else []:
        return sanitised("\n".join(node.html or "" for node in _outermost(chosen)), base)
    for candidate in _TEXTS:
        found = _outermost(find_all(tree, candidate))
        if len(found) == 1 and _is_text(found[0]):
            return sanitised(found[0].html or "", base)
    return None


def dense_in(tree: Tree, base: str | None) -> str | None:
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


def matching(page: Sequence[Block], texts: Iterable[str]) -> list[Block]:
    """The blocks of a page that hold nothing but some texts, wherever their words end."""
    whole = _squeezed(" ".join(texts))
    return [block for block in page if _squeezed(block.text) in whole]


def page_of(tree: Tree, base: str | None) -> tuple[str, tuple[Block, ...]]:
    """A whole page as sanitised HTML, and its blocks."""
    clean = sanitised(tree.body.html or "", base) if tree.body is not None else ""
    return clean, blocks(clean)


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
    return length >= _FEWEST_CHARS and linked <= _MOST_IN_LINKS * length and paragraphs > 0


def _chars(nodes: Iterable[Node]) -> int:
    return sum(len(node.text()) for node in nodes)


def _holds_article(node: Node, whole: int) -> bool:
    if find(node, "h1, article, main") is not None:
        return True
    return len(node.text()) > _MOST_OF_A_PAGE * whole > 0 and find(node, "p") is not None


def _is_of_article(node: Node) -> bool:
    """Whether a header is that of an article; what is in an article's footer is none of it."""
    if node.tag == "footer":
        return False
    above = node.parent
    while above is not None:
        if above.tag in {"article", "main"}:
            return True
        above = above.parent
    return False


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()
