"""An operator's own templates of mails: what they are given, and what is wrong with them.

Knows which names a piece may use and what it must hold, and tries each on made-up values, so that
no mail is the first to meet a fault. Must never know a reader.
"""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from feeds.catalogue import catalogue, languages
from notifier.catalogue import FOLDER
from notifier.digest.named import FollowedPage
from notifier.digest.pieces import FORMS, INSERTED, STYLE, ShownItem, environment, inserts
from notifier.errors import MessageRefused
from notifier.mail.lines import OPEN, encoded, slot
from notifier.mail.message import Sender

#: What every piece is given.
ALWAYS: Final = {
    "words": "what is said in the reader's language",
    "sender": "who writes",
}
_TOPIC: Final = "what is followed"
#: The pieces, and what each is given beside that.
PIECES: Final[Mapping[str, Mapping[str, str]]] = {
    "digest": {
        "title": "the heading: how often, and the day",
        "preheader": "where the first titles go, for lists of mails; alone on its line",
        "sections": "where the sections go; alone on its line, once",
        "feeds": "where the feeds go, alone on its line; empty where there are none",
        "view_url": "the digest in a browser",
        "unsubscribe_url": "the page that ends the subscription; at least once",
        "manage_url": "the page where one changes what one gets, or pauses",
    },
    "section": {"topic": _TOPIC, "count": "how many items it has, in words"},
    "item": {"item": "an item of news"},
    "also_in": {"topics": "what else an item was found by, each a `topic`"},
    "more": {"topic": _TOPIC, "more": "the sentence that counts what was left out"},
    "feed": {"topic": _TOPIC},
}
#: What those are made of.
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "words": {
        "say": "`words.say(NAME)`: a sentence of the catalogue",
        "count": "`words.count(NAME, number)`: its form for a number",
        "day": "`words.day(day)`: a day as people write it",
        "tag": "the language, as `lang` has it",
        "direction": "`ltr` or `rtl`, as `dir` has it",
    },
    "sender": {
        "site_title": "the site's name",
        "site_url": "its address, without a slash at its end",
        "contact": "a mail address for questions, or empty",
        "reply_to": "the address of answers, or empty",
    },
    "topic": {
        "label": "its name",
        "language": "the language of that",
        "direction": "the direction of that",
        "url": "its page",
        "feed_url": "its Atom feed, or empty",
    },
    "item": {
        "title": "its title",
        "language": "its language",
        "direction": "the direction of that",
        "url": "where it is read",
        "about": "its date, issuers and kind, in a line",
        "summary": "its summary, or empty",
    },
}
#: What each piece must show, of what it is given.
_SHOWS: Final = {
    "section": ("topic.label",),
    "item": ("item.title", "item.url"),
    "also_in": ("topics.0.label",),
    "more": ("topic.url",),
    "feed": ("topic.feed_url",),
}

_SENDER = Sender(
    name="News",
    address="news@example.org",
    list_id="digest.example.org",
    site_title="Some & News",
    site_url="https://news.example.org",
    reply_to="editors@example.org",
    contact="editors@example.org",
)
_FOLLOWED = FollowedPage(
    label="Law & order",
    language="en",
    url="https://news.example.org/feeds/fields/law/",
    feed_url="https://news.example.org/feeds/fields/law.atom",
)
_ITEM = {
    "title": "Police & courts: <new> rules",
    "language": "ar",
    "direction": "rtl",
    "url": "https://news.example.org/items/1/",
    "about": "24 November 2026 · Secretariat",
}


def faults(folder: Path) -> tuple[str, ...]:
    """What is wrong with the templates of a folder, a line each; none where every mail can be made.

    A file whose name begins with an underscore is what others include.
    """
    found = [*_misnamed(folder)]
    own = [
        name
        for piece, form in product(PIECES, FORMS)
        if (folder / (name := f"{piece}.{form}")).is_file()
    ]
    templates = environment(folder)
    for name in own:
        found += [f"{folder / name}{fault}" for fault in _unread(templates, folder / name)]
    if not found:
        for name in own:
            found += [
                f"{folder / name}{fault}"
                for fault in dict.fromkeys(_untrue(templates, folder / name))
            ]
    return tuple(found)


def _misnamed(folder: Path) -> Iterator[str]:
    known = {f"{piece}.{form}" for piece in PIECES for form in FORMS} | {STYLE}
    for file in sorted(folder.iterdir()):
        is_template = file.suffix in {".html", ".txt", ".css"} and not file.name.startswith("_")
        if is_template and file.name not in known:
            yield f"{file}: no piece of a mail has that name, only {', '.join(sorted(known))}"


def _unread(templates: Environment, file: Path) -> Iterator[str]:
    """What is wrong with its text: its syntax, and names that nobody gives it."""
    try:
        tree = templates.parse(file.read_text("utf-8"), file.name, str(file))
        templates.get_template(file.name)
    except TemplateSyntaxError as error:
        yield f", line {error.lineno}: {error.message}"
        return
    except (OSError, UnicodeDecodeError) as error:
        yield f": cannot be read: {error}"
        return
    given = {**ALWAYS, **PIECES[file.stem]}
    named = [*tree.find_all(nodes.Name)]
    own = {each.name for each in named if each.ctx == "store"}
    for name in sorted(meta.find_undeclared_variables(tree) - given.keys() - own):
        lines = [each.lineno for each in named if each.name == name]
        yield f", line {min(lines)}: there is no {name!r} here, only {', '.join(given)}"
    for each in tree.find_all(nodes.Getattr):
        of = each.node.name if isinstance(each.node, nodes.Name) else ""
        if of in PARTS and each.attr not in PARTS[of]:
            yield f", line {each.lineno}: {of} has no {each.attr!r}, only {', '.join(PARTS[of])}"


def _untrue(templates: Environment, file: Path) -> Iterator[str]:
    """What is wrong with what becomes of it."""
    for language, values in product(languages(), _values(file.stem)):
        given = {"words": catalogue(language, FOLDER), "sender": _SENDER, **values}
        try:
            text = templates.get_template(file.name).render(given)
        except Exception as error:  # noqa: BLE001 - what a template may do wrong has no end
            yield _told(file, error)
            continue
        shown = unescape(text) if file.suffix == ".html" else text
        yield from (_frame_faults(shown) if file.stem == "digest" else _lacks(file, shown, values))


def _values(piece: str) -> Iterable[dict[str, Any]]:
    """Made-up values of a piece, with all that may be empty, and without."""
    bare = ShownItem(summary="", **_ITEM)
    full = ShownItem(summary="A summary & more.", **_ITEM)
    frame = {
        "title": "Your daily digest, Tuesday 24 November",
        **{name: slot(name) for name in (*INSERTED, *OPEN)},
    }
    made: dict[str, list[dict[str, Any]]] = {
        "digest": [frame, {**frame, "feeds": ""}],
        "section": [{"topic": _FOLLOWED, "count": "2 items"}],
        "item": [{"item": full}, {"item": bare}],
        "also_in": [{"topics": [_FOLLOWED]}, {"topics": [_FOLLOWED] * 3}],
        "more": [{"topic": _FOLLOWED, "more": "and 12 more"}],
        "feed": [{"topic": _FOLLOWED}],
    }
    return made[piece]


def _frame_faults(text: str) -> Iterator[str]:
    pieces = inserts(text)
    names = list(pieces[1::2])
    if names.count("sections") != 1:
        yield ": needs {{ sections }} once, alone on its line"
    for name in ("preheader", "feeds"):
        if names.count(name) > 1:
            yield f": has {{{{ {name} }}}} more than once"
    if not any(slot("unsubscribe_url") in piece for piece in pieces[::2]):
        yield ": lacks the way out, {{ unsubscribe_url }}"
    try:
        for piece in pieces[::2]:
            encoded(piece)
    except MessageRefused:
        left = [name for name in INSERTED if any(slot(name) in piece for piece in pieces[::2])]
        yield f": {', '.join(f'{{{{ {name} }}}}' for name in left)} must stand alone on a line"


def _lacks(file: Path, text: str, values: Mapping[str, Any]) -> Iterator[str]:
    words = " ".join(text.split())
    for path in _SHOWS[file.stem]:
        name, *rest = path.split(".")
        value = values[name]
        for step in rest:
            value = value[int(step)] if step.isdigit() else getattr(value, step)
        if " ".join(re.split(r"\s+", value)) not in words:
            yield f": does not show {path.replace('.0.', '[0].')}"


def _told(file: Path, error: Exception) -> str:
    """What went wrong, and in which line, as far as that can be told."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    return f", line {lines[-1]}: {error}" if lines else f": {error}"
