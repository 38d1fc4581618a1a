"""How a notice looks: a heading, sentences, lists and buttons, in text and HTML.

Knows the templates of notices and their message. Must never know what one is about, or its reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from feeds.catalogue import Catalogue
from notifier.digest.pieces import rendered
from notifier.mail.lines import OPEN, encoded, slot
from notifier.mail.message import Sender, build


class Action(NamedTuple):
    """A button: what it does, in words, and where it leads."""

    words: str
    url: str


class Listing(NamedTuple):
    """A list of links, each a label and an address."""

    entries: Sequence[tuple[str, str]]


#: Those of notices; their style is that of all mails.
_TEMPLATES: Final = Path(__file__).parent / "templates"

#: A sentence, or one of these.
Part = str | Action | Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notice says, in the language of its ``words``. One ``is_of_list`` goes to a subscriber
    and has a way out.
    """

    words: Catalogue
    subject: str
    title: str
    parts: tuple[Part, ...]
    is_of_list: bool = False


def rendered_notice(notice: Notice, sender: Sender) -> bytes:
    """Its message (`notifier.mail.message`), what is open in it as in a digest."""
    shown = {
        "words": notice.words,
        "sender": sender,
        "title": notice.title,
        "parts": [_shown(each) for each in notice.parts],
        "is_of_list": notice.is_of_list,
        **{name: slot(name) for name in OPEN},
    }
    html, text = rendered(_TEMPLATES, "notice", shown)
    return build(
        sender,
        subject=notice.subject,
        language=notice.words.tag,
        text=[encoded(text)],
        html=[encoded(html)],
        is_of_list=notice.is_of_list,
    )


def _shown(part: Part) -> dict[str, object]:
    """As the templates want it: all names there, what is not meant empty."""
    nothing: dict[str, object] = {"sentence": "", "action": None, "entries": ()}
    match part:
        case Action():
            return nothing | {"action": part}
        case Listing():
            return nothing | {"entries": part.entries}
        case str():
            return nothing | {"sentence": part}
