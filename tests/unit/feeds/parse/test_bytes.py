"""Which table bytes that are no UTF-8 are read by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.bytes import declared, told

RUSSIAN = "Семинар о праве доступа к воде прошел в Оше, сообщил представитель Миссии."
FRENCH = "Le séminaire a été organisé à Genève par la présidence française."
BOSNIAN = "Mještani traže čistu vodu i više škola."


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("text/plain; charset=windows-1251", "cp1251"),
        ('text/plain; Charset="KOI8-R"', "koi8-r"),
        ("text/plain; charset=iso-8859-1", "cp1252"),
        ("text/plain; charset=us-ascii", "cp1252"),
        ("text/plain; charset=rot13", None),
        ("text/plain; charset=no-such-thing", None),
        ("text/plain; charset=utf-7", None),
        ("text/plain", None),
        (None, None),
        ("text/html; charset=cp037", None),  # EBCDIC
    ],
)
def test_a_declaration_is_read(media_type: str | None, name: str | None) -> None:
    """As browsers do; codecs that are no encoding of text are none."""
    assert declared(media_type) == name


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (FRENCH, "cp1252"), (BOSNIAN, "cp1250")],
)
def test_a_declared_encoding_is_believed(text: str, encoding: str) -> None:
    """Where the bytes are no UTF-8."""
    assert told(text.encode(encoding), f"text/plain; charset={encoding}") == text


@pytest.mark.parametrize("wrong", ["cp1251", "koi8-r", "utf-16", "cp1253"])
def test_a_wrong_declaration_survives(wrong: str) -> None:
    """Words that mix two alphabets, or bytes the table does not have, tell."""
    body = f"{FRENCH} Ç".encode("cp1252") + b"\x81"[:0] + "Æ\xd2".encode("cp1252")
    assert told(body, f"text/plain; charset={wrong}") == body.decode("cp1252")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_cyrillic_is_told_by_its_letters(encoding: str) -> None:
    """A folder declares nothing."""
    assert told(RUSSIAN.encode(encoding), None) == RUSSIAN


def test_accents_between_plain_letters_are_western() -> None:
    """So are most texts without a declaration."""
    assert told(FRENCH.encode("cp1252"), None) == FRENCH


def test_bytes_of_no_table_are_none() -> None:
    """Nothing is guessed."""
    assert told(b"plain \x81\x8d\x8f text", None) is None


@given(st.binary(), st.sampled_from([None, "charset=cp1251", "charset=gb18030", "charset=x"]))
def test_any_bytes_survive(body: bytes, media_type: str | None) -> None:
    """Whatever they hold and are said to be."""
    assert isinstance(told(body, media_type), str | None)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ťažká reč o vode: účastníci sa stretli v Žiline a ďalší prídu neskôr. " * 3, "cp1250"),
        ("Ќе се одржи семинар за џепните пари: учесниците дојдоа од Ѓевгелија. " * 3, "cp1251"),
    ],
)
def test_what_no_western_table_has_is_told_by_its_letters(text: str, encoding: str) -> None:
    """The last resort, where nothing is declared: some bytes have no character in cp1252."""
    assert told(text.encode(encoding), None) == text
