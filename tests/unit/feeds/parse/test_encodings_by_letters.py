"""Texts without a true declaration, in the tables of Latin letters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.draft import Document
from feeds.parse.bytes import decode_page, recoded
from feeds.parse.encodings import told

# One paragraph in each: a minister received a colleague, and they spoke of help for farmers.
TEXTS = {
    "en": "The minister of foreign affairs received his colleague — “a friend” — today for £5.",
    "cs": "Ministr zahraničí v úterý přijal svého slovenského protějška. Jednali o příští "
    "schůzce a o tom, jak pomoci zemědělcům, kteří ztratili úrodu; ďábel je v "
    "detailech, řekl.",
    "sk": "Minister zahraničných vecí v utorok prijal svojho českého kolegu. Rokovali o "
    "budúcej schôdzke a o tom, ako pomôcť poľnohospodárom, ktorí stratili úrodu; ďalšie"
    " kolo sa začne v stredu.",
    "pl": "Minister spraw zagranicznych przyjął we wtorek swojego czeskiego odpowiednika. "
    "Rozmawiali o następnym spotkaniu i o tym, jak pomóc rolnikom, którzy stracili "
    "zbiory; źródło podało więcej.",
    "hu": "A külügyminiszter kedden fogadta cseh kollégáját. A következő találkozóról "
    "tárgyaltak, és arról, hogyan segítsenek a gazdáknak, akik elvesztették a "
    "termésüket; a közlemény szerint időben.",
    "hr": "Ministar vanjskih poslova u utorak je primio češkog kolegu. Razgovarali su o "
    "sljedećem susretu i o tome kako pomoći poljoprivrednicima koji su izgubili "
    "ljetinu; sljedeće će riječi reći tužitelj, rođen u Šibeniku.",
    "sl": "Minister za zunanje zadeve je v torek sprejel češkega kolega. Pogovarjala sta se o"
    " naslednjem srečanju in o tem, kako pomagati kmetom, ki so izgubili letino; več "
    "žit ne bo.",
    "ro": "Ministrul de externe a primit marţi pe omologul său ceh. Au vorbit despre "
    "următoarea întâlnire şi despre cum îi pot ajuta pe ţăranii care şi-au pierdut "
    "recolta.",
    "tr": "Dışişleri bakanı salı günü Çek mevkidaşını kabul etti. Bir sonraki toplantıyı ve "
    "ürününü kaybeden çiftçilere nasıl yardım edileceğini konuştular; İstanbul'da "
    "görüşme sürecek.",
    "lt": "Užsienio reikalų ministras antradienį priėmė čekų kolegą. Jie kalbėjosi apie kitą "
    "susitikimą ir kaip padėti ūkininkams, netekusiems derliaus; ąžuolai žaliuoja, "
    "šiandien vėjuota.",
    "lv": "Ārlietu ministrs otrdien uzņēma savu čehu kolēģi. Viņi runāja par nākamo tikšanos "
    "un to, kā palīdzēt lauksaimniekiem, kuri zaudējuši ražu; ķīmiķi gaida, ļoti.",
    "et": "Välisminister võttis teisipäeval vastu oma Tšehhi ametivenna. Räägiti järgmisest "
    "kohtumisest ja sellest, kuidas aidata põllumehi, kes kaotasid saagi; žürii ootab.",
    "vi": "Bộ trưởng ngoại giao hôm thứ ba đã tiếp người đồng cấp Cộng hòa Séc. Hai bên bàn "
    "về cuộc gặp tiếp theo và cách giúp đỡ nông dân mất mùa.",
    "el": "Ο υπουργός Εξωτερικών υποδέχθηκε την Τρίτη τον Τσέχο ομόλογό του. Μίλησαν για την "
    "επόμενη συνάντηση και για το πώς θα βοηθήσουν τους αγρότες που έχασαν τη σοδειά "
    "τους.",
    "sq": "Ministri i jashtëm priti të martën homologun e tij çek. Ata folën për takimin e "
    "ardhshëm dhe si t'i ndihmojnë fermerët që humbën të korrat.",
    "fr": "Le ministre des affaires étrangères a reçu mardi son homologue tchèque. Ils ont "
    "parlé de la prochaine réunion et de l'aide aux agriculteurs qui ont perdu leur "
    "récolte; où ça ? « Là-bas », dit-il.",
    "de": "Der Außenminister empfing am Dienstag seinen tschechischen Kollegen. Sie sprachen "
    "über das nächste Treffen und darüber, wie man Bauern hilft, die ihre Ernte "
    "verloren; größere Öfen.",
    "es": "El ministro de Exteriores recibió el martes a su homólogo checo. Hablaron de la "
    "próxima reunión y de cómo ayudar a los agricultores que perdieron la cosecha; "
    "mañana ¿qué? El 2º día, 5 m³.",
    "pt": "O ministro das Relações Exteriores recebeu na terça-feira o seu homólogo checo. "
    "Falaram da próxima reunião e de como ajudar os agricultores que perderam a "
    "colheita; não há três.",
    "it": "Il ministro degli Esteri ha ricevuto martedì il suo omologo ceco. Hanno parlato "
    "della prossima riunione e di come aiutare gli agricoltori; perché no, più là, così"
    " è.",
    "sv": "Utrikesministern tog i tisdags emot sin tjeckiske kollega. De talade om nästa möte"
    " och hur man hjälper bönder som förlorat skörden; på ön.",
    "da": "Udenrigsministeren modtog tirsdag sin tjekkiske kollega. De talte om det næste "
    "møde og om, hvordan man hjælper landmænd, der har mistet høsten; på øen.",
    "is": "Utanríkisráðherra tók á þriðjudag á móti tékkneskum starfsbróður sínum. Þeir ræddu"
    " næsta fund og hvernig hjálpa mætti bændum sem misstu uppskeruna; ýmsir.",
    "fi": "Ulkoministeri tapasi tiistaina tšekkiläisen virkaveljensä. He puhuivat seuraavasta"
    " kokouksesta ja siitä, miten autetaan viljelijöitä, jotka menettivät satonsa.",
    "ca": "El ministre d'Exteriors va rebre dimarts el seu homòleg txec. Van parlar de la "
    "pròxima reunió i de com ajudar els pagesos; això és col·lectiu, òbviament, "
    "llengües.",
}
WESTERN = ("en", "sq", "fr", "de", "es", "pt", "it", "sv", "da", "is", "fi", "ca")
TABLES = [
    *((each, "cp1250") for each in ("cs", "sk", "pl", "hu", "hr", "sl", "ro")),
    *((each, "iso8859-2") for each in ("cs", "sk", "pl", "hu", "hr", "sl", "ro")),
    *((each, table) for each in ("lt", "lv", "et") for table in ("cp1257", "iso8859-13")),
    ("tr", "cp1254"),
    ("vi", "cp1258"),
    ("el", "cp1253"),
    ("el", "iso8859-7"),
    *((each, "cp1252") for each in WESTERN),
]  # fmt: skip
WRONG = (None, "iso-8859-1", "windows-1252", "utf-8", "us-ascii")


def encoded(text: str, table: str) -> bytes:
    """In a table; Vietnamese in letters with a mark of their tone behind them."""
    if table != "cp1258":
        return text.encode(table)
    return b"".join(map(_in_two, text))


def _in_two(letter: str) -> bytes:
    parts = unicodedata.normalize("NFD", letter)
    tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
    rest = "".join(part for part in parts if part not in tones)
    return (unicodedata.normalize("NFC", rest) + tones).encode("cp1258")


@pytest.mark.parametrize(("language", "table"), TABLES)
@pytest.mark.parametrize("label", WRONG)
def test_a_paragraph_tells_its_table(language: str, table: str, label: str | None) -> None:
    """Undeclared, or declared falsely, as text, as a page and as XML."""
    text = TEXTS[language]
    body, media_type = encoded(text, table), f"text/html; charset={label}" if label else None
    assert told(body, media_type) == text
    page = b"<html><p>" + body + b"</p></html>"
    document = Document(source="s", name="n", body=page, media_type=media_type)
    assert decode_page(document) == f"<html><p>{text}</p></html>"
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    feed = declaration.encode() + b"<rss><title>" + body + b"</title></rss>"
    assert recoded(feed, None).decode() == f"{declaration}<rss><title>{text}</title></rss>"


@pytest.mark.parametrize("table", ["cp1250", "cp1254", "cp1257", "cp1258"])
def test_the_table_of_windows_is_meant_where_its_twin_lacks_letters(table: str) -> None:
    """ "iso-8859-2" stands over Windows' own letters, where it has control characters."""
    twins = {"cp1250": "iso-8859-2", "cp1254": "iso-8859-9", "cp1257": "iso-8859-13"}
    language = next(each for each, named in TABLES if named == table)
    text = TEXTS[language]
    label = twins.get(table, "windows-1258")
    assert told(encoded(text, table), f"text/html; charset={label}") == text


@st.composite
def parts(draw: st.DrawFn, languages: tuple[str, ...] = tuple(TEXTS)) -> str:
    """Words of one of some languages that follow each other."""
    words = TEXTS[draw(st.sampled_from(languages))].split()
    first = draw(st.integers(0, len(words) - 1))
    return " ".join(words[first : draw(st.integers(first + 1, len(words)))])


@given(parts(WESTERN), parts(WESTERN), st.sampled_from(WRONG))
def test_western_text_stays_as_it_is(text: str, another: str, label: str | None) -> None:
    """However short, and in two languages."""
    both = f"{text} / {another}"
    assert told(both.encode("cp1252"), f"charset={label}") == both


@given(parts(), parts(), st.sampled_from([*WRONG, "windows-1250", "windows-1254", "koi8-r"]))
def test_utf_8_stays_as_it_is(text: str, another: str, label: str | None) -> None:
    """Whatever it is said to be."""
    both = f"<p>{text} / {another}</p>"
    media_type = f"text/html; charset={label}"
    document = Document(source="s", name="n", body=both.encode(), media_type=media_type)
    assert decode_page(document) == both
    assert recoded(both.encode(), media_type).decode() == both


@given(st.data(), st.sampled_from([each for each in TABLES if each[1] != "cp1258"]))
def test_no_character_is_dropped(data: st.DataObject, written: tuple[str, str]) -> None:
    """A byte is a character in these tables, be it one that nobody can read."""
    language, table = written
    text = data.draw(parts((language,)))
    label = data.draw(st.sampled_from([*WRONG, table, "windows-1250", "iso-8859-9"]))
    read = told(text.encode(table), f"charset={label}")
    assert read is not None
    assert len(read) == len(text)


def test_a_table_that_has_not_all_characters_is_not_the_one() -> None:
    """0x9D is none of the Western table's, and "ť" in that of Central Europe."""
    text = "vecí v utorok prijal svojho českého kolegu. Rokovali o tom, ako pomôcť"
    assert told(text.encode("cp1250"), None) == text
