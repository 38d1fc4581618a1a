"""XML of strangers read safely: its text in UTF-8 in, an element tree or a reason out.

Knows the faults of real documents and what a parser must not be given. Must never know what the
elements mean.
"""

import html
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from lxml import etree

from feeds.draft import Reason, Refused
from feeds.parse.bytes import NO_XML
from feeds.parse.recognise import DOCTYPE, behind_preamble

Element = etree._Element  # noqa: SLF001 - the one name lxml gives the type

# Elements and attributes of one document. Each takes up to 220 bytes in the parser: with its
# bytes twice beside it, a document of 20 MB stays below 300 MB.
_MOST_NODES = 400_000
# What a server may print before the document itself, beside what XML allows there.
_JUNK_BYTES = 65_536
# Characters that Windows' table has where Unicode has controls: HTML's parser reads them so too.
_OF_WINDOWS = re.compile(rb"&#(?:1(?:2[89]|[345][0-9])|[xX]0{0,4}[89][0-9a-fA-F]);")
# Both match to the end of the text at the latest, so no part of it is looked at twice.
#: What holds no markup, whatever it looks like: CDATA sections, comments and instructions.
VERBATIM = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_FAULTY = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)"
    rb"|<(?![A-Za-z_:/!?\x80-\xff])"
    rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{0,31});)?",
    re.DOTALL,
)
# The parser would make a node of each reference that is left.
_MOST_MENDED = 200_000
# xmlerror.h: XML_ERR_NAME_TOO_LONG, XML_ERR_RESOURCE_LIMIT
_RESOURCE_ERRORS = frozenset({110, 114})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A document's elements; ``text`` is what they were read from, in UTF-8.

    A tree ``is_mended`` when it was read from what is no XML, ``is_guessed`` when even then it does
    not say where its elements end, so that some may be lost within others, and ``is_cut`` when the
    document ends before its root element does, so that its last elements may hold half of what they
    should.
    """

    root: Element
    text: bytes
    is_mended: bool = False
    is_guessed: bool = False
    is_cut: bool = False


def read(text: bytes, roots: re.Pattern[bytes]) -> Tree | Refused:
    """The tree below the first start tag that ``roots`` finds near the beginning of a text that
    was `recoded`.

    What stands before it is skipped, document type included: no entity but the five of XML and
    the characters HTML has names for is ever replaced. What is no well-formed XML is mended, then
    read as far as it goes.
    """
    start = _start(text, roots)
    if start is None:
        return Refused(reason=Reason.MALFORMED, evidence="no element of its format was found")
    text = text[start:]
    if b"#" in text:
        text = _OF_WINDOWS.sub(lambda found: html.unescape(found[0].decode()).encode(), text)
    if _nodes(text) > _MOST_NODES:
        evidence = f"it holds more than {_MOST_NODES:,} elements and attributes"
        return Refused(reason=Reason.HOSTILE, evidence=evidence)
    return _tree(text)


def untyped(text: bytes) -> bytes:
    """The text without document types: whoever reads it then has no entity to replace."""
    return DOCTYPE.sub(b"", text)


def drop_half(tree: Tree, names: str) -> int:
    """Takes out the last element of these names, written "item|entry", if a tree that is cut ends
    before it does; how many that were.
    """
    prefix = rb"(?:[\w.-]{1,40}:)?"
    start = re.compile(rb"<%b(?:%b)(?=[\s>/])" % (prefix, names.encode()), re.IGNORECASE)
    end = re.compile(rb"</%b(?:%b)\s*>" % (prefix, names.encode()), re.IGNORECASE)
    last_start = max((found.start() for found in start.finditer(tree.text)), default=None)
    if last_start is None or end.search(tree.text, last_start):
        return 0
    named = [each for each in tree.root.iter() if _local(each) in names.split("|")]
    for last in named[-1:]:
        parent = last.getparent()
        if parent is not None:
            parent.remove(last)
    return len(named[-1:])


def _local(element: Element) -> str:
    # Of a reference nobody resolved the tag is no string.
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _start(text: bytes, roots: re.Pattern[bytes]) -> int | None:
    begin = behind_preamble(text)
    end = begin + _JUNK_BYTES
    found = roots.search(text, begin, end)
    # In front of most there is neither a comment nor a document type.
    if found is None or text.find(b"<!", begin, found.start()) < 0:
        return found and found.start()
    types = [type_.span() for type_ in DOCTYPE.finditer(text, begin, end)]
    while found is not None:
        if within := next((last for first, last in types if first <= found.start() < last), 0):
            found = roots.search(text, within, end)
            continue
        comment = text.rfind(b"<!--", begin, found.start())
        closed = text.find(b"-->", comment) if comment >= 0 else -1
        if closed < found.start():
            return found.start()
        found = roots.search(text, closed, end)
    return None


def _nodes(text: bytes) -> int:
    """At least as many nodes as the parser would make of it."""
    if len(text) <= _MOST_NODES or text.count(b"<") + text.count(b"=") <= _MOST_NODES:
        return 0
    outside = VERBATIM.sub(b"", text)
    return outside.count(b"<") - outside.count(b"</") + outside.count(b"=")


def _tree(text: bytes) -> Tree | Refused:
    try:
        return Tree(root=etree.fromstring(text, _strict()), text=text)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", 0) in _RESOURCE_ERRORS:
            return Refused(reason=Reason.HOSTILE, evidence=str(error.msg)[:200])
    mended, faults = _FAULTY.subn(_mended, text, count=_MOST_MENDED)
    if faults == _MOST_MENDED:
        evidence = f"it has faults in {faults:,} places"
        return Refused(reason=Reason.HOSTILE, evidence=evidence)
    root: Element | None = None
    parser = _parser(recover=True)
    with suppress(etree.XMLSyntaxError):
        root = etree.fromstring(mended, parser)
    if root is None:
        return Refused(reason=Reason.MALFORMED, evidence="no element could be read")
    name = mended[1:].split(None, 1)[0].partition(b">")[0]
    return Tree(
        root=root,
        text=mended,
        is_mended=True,
        is_guessed=len(parser.error_log) > 0,
        is_cut=b"</" + name not in mended,
    )


# Threads wait for each other at it, and a process has one that reads.
@cache
def _strict() -> etree.XMLParser:
    return _parser()


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def _mended(found: re.Match[bytes]) -> bytes:
    """A reference as XML knows it, and "less than"; in a CDATA section all is as it should be."""
    written = found[0]
    if written == b"<":
        return b"&lt;"
    if written.startswith(b"<"):
        return written
    character = html.unescape(written.decode())
    if written == b"&" or character == written.decode():
        return b"&amp;" + written[1:]
    # What stands for a lone surrogate or for NUL is no character of XML either.
    kept = html.escape(character.replace("\ufffd", "")).encode("utf-8", "ignore")
    return kept.translate(None, NO_XML)
