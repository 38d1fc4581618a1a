"""Which table bytes that are no UTF-8 are read by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse.encodings import declared, known, told, without_escapes

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


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("iso88595", "iso8859-5"),
        ("csiso88598i", "iso8859-8"),
        ("windows-874", "cp874"),
        ("tis-620", "cp874"),
        ("X-SJIS", "cp932"),
        ("windows-31j", "cp932"),
        ("windows-949", "cp949"),
        ("x-x-big5", "big5hkscs"),
        ("x-mac-ukrainian", "mac-cyrillic"),
        ("cseucpkdfmtjapanese", "euc_jp"),
        ("x-gbk", "gb18030"),
    ],
)
def test_labels_are_those_of_browsers(label: str, name: str) -> None:
    """The standard has more than Python."""
    assert next(known([label])) == name


JAPANESE = (
    "大臣が長野に新しい学校を開校した。"
    "修理のあと、建物は暖かくなり、子どもたちは先生と一緒に戻ってきた。"
)
UNDECLARED = {
    "ru": "Министр открыл новую школу в Вологде. "
    "После ремонта в здании стало тепло, и дети вернулись за парты вместе с учителями.",
    "el": "Ο υπουργός εγκαινίασε νέο σχολείο στη Λάρισα. "
    "Μετά την επισκευή το κτίριο είναι ζεστό και τα παιδιά επέστρεψαν μαζί με τους δασκάλους.",
    "he": "השר פתח בית ספר חדש בחיפה. אחרי השיפוץ נעשה חם בבניין והילדים חזרו יחד עם המורים.",
    "ar": "الوزير يفتتح مدرسة جديدة في حلب. بعد الإصلاح أصبح المبنى دافئا وعاد الأطفال مع معلميهم.",
    "th": "รัฐมนตรีเปิดโรงเรียนใหม่ในเชียงใหม่. หลังการซ่อมแซม อาคารอบอุ่นและเด็กๆ กลับมาเรียนพร้อมครู",
    "ko": "장관이 대구에 새 학교를 열었다. "
    "수리 후 건물은 따뜻해졌고 아이들은 교사들과 함께 돌아왔다.",
    "zh": "部长在昆明开设新学校. 修缮之后，大楼变得温暖，孩子们与老师一起回来了。",
    "zt": "部長在臺中開設新學校. 修繕之後，大樓變得溫暖，孩子們與老師一起回來了。",
    "pl": "Minister otworzył nową szkołę w Łęczycy. "
    "Po remoncie w budynku zrobiło się ciepło i dzieci wróciły do ławek razem z nauczycielami, "
    "którzy się śmiali.",
    "ja": JAPANESE,
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("ru", "iso8859-5"),
        ("ru", "cp866"),
        ("el", "cp1253"),
        ("el", "iso8859-7"),
        ("he", "cp1255"),
        ("ar", "cp1256"),
        ("th", "cp874"),
        ("ko", "cp949"),
        ("ja", "cp932"),
        ("ja", "euc_jp"),
        ("zh", "gb18030"),
        ("zt", "big5"),
        ("pl", "iso8859-2"),
    ],
)
@pytest.mark.parametrize("media_type", [None, "charset=iso-8859-1"])
def test_undeclared_or_wrong_as_western_is_told(
    language: str, encoding: str, media_type: str | None
) -> None:
    """A template says latin-1, whatever is filled in."""
    text = UNDECLARED[language]
    assert told(text.encode(encoding), media_type) == text


@pytest.mark.parametrize(
    "text",
    [
        "¿Qué? ¡¡¡Más de 1º!!! El niño señaló: «Dormiré en la 2ª planta», 5 m³ más, £5 ± 1.",
        "Grüße aus Köln: fünf Räte für höhere Löhne und Gebühren, öfter „schön“.",
        "Ráðherra opnaði nýjan skóla á Ísafirði; börnin komu aftur.",
        "L’été déjà là, très tôt… « hélas » – 20 €",
    ],
)
def test_western_stays_western(text: str) -> None:
    """Signs beside numbers are of every language."""
    assert told(text.encode("cp1252"), None) == text


def test_escapes_of_japanese_are_read() -> None:
    """It is all in ASCII, and so valid UTF-8."""
    assert without_escapes(JAPANESE.encode("iso2022_jp")).decode() == JAPANESE
    assert without_escapes(b"costs \x1b 5") == b"costs \x1b 5"


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r"])
def test_cyrillic_is_told_by_its_letters(encoding: str) -> None:
    """A folder declares nothing."""
    assert told(RUSSIAN.encode(encoding), None) == RUSSIAN


def test_accents_between_plain_letters_are_western() -> None:
    """So are most texts without a declaration."""
    assert told(FRENCH.encode("cp1252"), None) == FRENCH


def test_letters_far_behind_what_is_looked_at_tell_nothing() -> None:
    """A long text in plain letters with one accent at its end is read as it is declared."""
    body = b"plain words " * 20_000 + "Café".encode("cp1252")
    for media_type in (None, "text/plain; charset=windows-1252"):
        assert (told(body, media_type) or "").endswith("plain words Café")


def test_bytes_of_no_table_are_none() -> None:
    """Nothing is guessed, of however many bytes."""
    assert told(b"plain \x81\x8d\x8f text", None) is None
    assert told(b"caf\xe9 \x81\x8d\x8f\x90\x9d" * 8, None) is None


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
