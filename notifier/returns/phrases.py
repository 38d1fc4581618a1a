"""What machines say of mail in many languages, each phrase by what it means.

Knows the words of `phrases.toml`. Must never know where they stood.
"""

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final
from unicodedata import normalize


class Saying(StrEnum):
    """What a phrase means; also its table in the file."""

    NO_MAILBOX = "no_mailbox"
    FULL = "full"
    DELAYED = "delayed"
    FAILED = "failed"
    AWAY = "away"
    CHALLENGE = "challenge"
    SENDER = "sender"


#: As servers say it in English, and `notifier.mail.refusal` knows it.
_IN_ENGLISH: Final = {Saying.NO_MAILBOX: "user unknown", Saying.FULL: "mailbox is full"}


def says(text: str, what: Saying) -> bool:
    """Whether any phrase of that meaning is within the text, in whatever case."""
    said = normalize("NFKC", " ".join(text.split())).lower().replace("’", "'")
    return any(phrase in said for phrase in _phrases()[what])


def in_english(text: str) -> str:
    """The text, and what it says of a mailbox in another language once more in English."""
    meant = (english for what, english in _IN_ENGLISH.items() if says(text, what))
    return " ".join((text, *meant))


@cache
def _phrases() -> dict[Saying, tuple[str, ...]]:
    told = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))
    return {
        what: tuple(phrase for each in told[what].values() for phrase in each) for what in Saying
    }
