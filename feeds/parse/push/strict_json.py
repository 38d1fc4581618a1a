"""JSON that everybody reads alike (RFC 7493, I-JSON), or why a document is none.

Knows JSON. Must never know what a document is about.
"""

import json

# Deep enough for any item, and far from what Python's own reader cannot stand.
_DEEPEST = 32
_NAME_CHARS = 60


class NotStrictJson(ValueError):
    """Bytes that are no JSON document, or one that two readers could understand differently."""


def loaded(body: bytes) -> object:
    """The value of a JSON document (RFC 8259) in UTF-8, its member names unique.

    Raises NotStrictJson, which says why for people.
    """
    try:
        text = body.decode("utf-8-sig")
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_number, parse_int=_whole
        )
        _check_depth(value, _DEEPEST)
        if "\\ud" in text or "\\uD" in text:
            # Half a character, which only an escape such as \ud800 can bring, cannot be encoded.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        problem = f"the document is not UTF-8: byte {error.start} cannot be read"
        raise NotStrictJson(problem) from error
    except json.JSONDecodeError as error:
        problem = f"the document is not JSON: {error.msg} in line {error.lineno}"
        raise NotStrictJson(problem) from error
    except RecursionError as error:
        problem = f"the document is nested deeper than {_DEEPEST} levels"
        raise NotStrictJson(problem) from error
    except UnicodeEncodeError as error:
        raise NotStrictJson("a text holds half a character (a lone surrogate)") from error
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = json.dumps(next(name for name in names if names.count(name) > 1)[:_NAME_CHARS])
        raise NotStrictJson(f"an object has the member {twice} more than once")
    return members


def _no_number(name: str) -> float:
    raise NotStrictJson(f"{name} is no JSON number")


def _whole(digits: str) -> int:
    # Beyond this, readers differ (RFC 7493, section 2.2), and conversion takes quadratic time.
    if len(digits) > 17:
        raise NotStrictJson("a number has more digits than all readers keep")
    return int(digits)


def _check_depth(value: object, levels: int) -> None:
    """Raises RecursionError, as the reader of JSON does, for what is deeper."""
    if not levels:
        raise RecursionError
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _check_depth(each, levels - 1)
