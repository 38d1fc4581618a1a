"""A stored message taken apart: its HTML, its text, its header as people read it.

Knows MIME. Must never trust it: what is wrong in a message is shown as well as can be.
"""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

__all__ = ["header", "opened", "part"]


def opened(content: bytes) -> EmailMessage:
    """The message; one that is broken has defects, and whatever can be read of it."""
    return message_from_bytes(content, policy=default)


def header(message: EmailMessage, name: str) -> str:
    """The field as text, empty where there is none."""
    return str(message.get(name, ""))


def part(message: EmailMessage, subtype: str) -> str | None:
    """The body as ``html`` or ``plain`` text; None where the message has none of that kind."""
    found = message.get_body((subtype,))
    if found is None:
        return None
    payload = found.get_payload(decode=True)
    return _text(payload if isinstance(payload, bytes) else b"", found.get_content_charset("utf-8"))


def _text(body: bytes, charset: str) -> str:
    """Whatever can be read, in characters that can be sent on."""
    try:
        text = body.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset nobody knows, or one that is no encoding of text
        text = body.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode("utf-8")
