"""What a page shows beside its words: pictures, films and frames, each with a place in its text.

Knows where pages keep them and what is said of them there. Must never know which part of a page is
its article: places go with what they stand in.
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from feeds.parse.html.embedded import caption, decoration
from feeds.parse.html.metadata import HtmlPage
from feeds.parse.html.tree import Node, find, find_all
from feeds.parse.sanitise import PLACE, PLACE_NUMBER
from feeds.parse.syndication.embeds import MOST_EMBEDS, Embed, LinkedEmbed, address_of, embed_of
from feeds.pictures import Picture, name_of

_TITLE = "h1"
# What is said in a box of no figure is its caption; where it is longer it may be the text.
_LONGEST_LABEL_CHARS = 80
_STRANGE = f"{PLACE}[{PLACE_NUMBER}]"
# What a page is shown with elsewhere belongs to its article where it stands above the title, too.
_SHARED = ("og:image", "twitter:image")
_SHOWN = "audio, embed, iframe, img, object, video"
# What decorates a page is not shown, and looked at all the same.
_MOST_LOOKED_AT = 400


def place(page: HtmlPage, base: str | None) -> Mapping[int, Embed]:
    """The things a page shows that are no decoration, by the numbers of the places that they have
    in it from now on: in front of the box they stand in with their captions, which goes where it
    says no more than that. The picture of an article has its place below its title, also where it
    stands above.
    """
    if page.tree.body is None:
        return {}
    embeds: dict[int, Embed] = {}
    found = list(_seen(page.tree.body, base))
    if not found:
        return embeds
    for strange in find_all(page.tree.body, _STRANGE):
        del strange.attrs[PLACE_NUMBER]
    titles = find_all(page.tree.body, _TITLE)
    shared = {name_of(url) for name in _SHARED for url in page.metas.get(name, ())}
    for box, embed, is_above, _ in found:
        made = page.tree.create_node(PLACE)
        made.attrs[PLACE_NUMBER] = str(len(embeds))
        if is_above and len(titles) == 1 and name_of(embed.address) in shared:
            page.put(made, titles[0], is_behind=True)
        else:
            page.put(made, box)
        embeds[len(embeds)] = embed
    page.take_out([box for box, _, _, is_caption in found if is_caption])
    return embeds


def _seen(body: Node, base: str | None) -> Iterator[tuple[Node, Picture | LinkedEmbed, bool, bool]]:
    """Each thing with the box it stands in, whether that is above the title, and whether a caption
    is all it says; one that is shown twice, for lazy and for other browsers, once.
    """
    is_above = True
    known: set[str] = set()
    captioned: set[int] = set()
    held: caption.Held = {}
    for node in islice(find_all(body, f"{_TITLE}, {_SHOWN}"), _MOST_LOOKED_AT):
        tag = node.tag or ""
        if tag == _TITLE:
            is_above = False
            continue
        told = caption.said_by(node)
        if decoration.is_small(told, tag):
            continue
        address = address_of(told, base)
        # Most pictures of a page are ways to others.
        if address is None or address in known or decoration.leads_on(node, address, base):
            continue
        box = caption.box_of(node, held)
        words = "" if box.mem_id in captioned else caption.caption_in(box, node)
        embed = embed_of(tag, told, words, address)
        if embed is None or isinstance(embed, str):
            continue
        if decoration.is_decoration(node, box, address):
            continue
        known.add(address)
        captioned.add(box.mem_id)
        is_short = 0 < len(words) <= _LONGEST_LABEL_CHARS and box.mem_id != node.mem_id
        yield box, embed, is_above, is_short and find(box, "figcaption") is None
        if len(known) == MOST_EMBEDS:
            return
