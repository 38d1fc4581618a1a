"""Bosnian, Croatian or Serbian: told by the words in which they differ.

Knows such words, and where which of the three is at home. Must never know any other language.
"""

import re
from collections.abc import Iterable

__all__ = ["home_of", "variant"]

_SERBIAN, _CROATIAN, _BOSNIAN = "sr", "hr", "bs"
_HOMES = {
    "serbia": _SERBIAN,
    "kosovo": _SERBIAN,
    "montenegro": _SERBIAN,
    "croatia": _CROATIAN,
    "bosnia": _BOSNIAN,
}
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z]")


def _words(*stems: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(' '.join(stems).split())})")


# One old vowel became "e" in Serbia, "ije" or "je" to the west: "vreme" and "vrijeme".
_EKAVIAN = _words(
    r"vreme\b svetsk det[ei] dec[aeiu]\b cel[aeiou]\b celo[gjm] mesec mest[oaeu] savet izvešt",
    r"izvest vest[i]?\b reč gde\b ovde posle\b pre\b uvek sednic sever mer[aeu]\b reš[aei]",
    r"unapred unapređ obavešt primer promen sused sled[eio] odelj del[ou]v deluj umetn vežb",
    r"sprove zahtev uspe[hlš] nasled bezbed razume\b razumev podel ponedelj nedelj cen[aeu]\b lep",
    r"videl hte[lo] vred predsed uver namer dosled smer razmen veće\b oebs",
)
_IJEKAVIAN = _words(
    r"vrijem svijet svjets dijet djec djet cijel mjesec mjest savjet izvješ izvijest vijest riječ",
    r"gdje ovdje poslije prije uvijek sjednic sjever mjer rješ unaprij unaprjeđ obavijest obavješ",
    r"primjer promjen promij susjed sljed slijed odjel djelov djeluj umjetn vježb provje zahtjev",
    r"uspjeh uspješ uspjel nasljed bezbjed razumij podjel ponedjelj nedjelj tjed cijen lijep vidje",
    r"htje vrijed predsjed uvjer namjer dosljed smjer razmjen razmij dvije obje vijeć",
)
_ONLY_CROATIAN = _words(
    r"siječ veljač ožuj travanj travnja svib lipanj lipnja srpanj srpnja kolovoz rujan rujna",
    r"listopad studen[io] prosin tjed tisuć oess priopć izvješć sudjel europ sveučil povijes",
    r"veleposl glasnogov tijekom uvjet točn točk tko\b što\b organizira sustav suradnj suglas",
    r"nazoč uporab vjerojat ravnatelj časnik djelatn redarstv tajništ",
)
_NOT_CROATIAN = _words(
    r"januar februar mart[a]?\b april maj[a]?\b jun[ia]?\b jul[ia]?\b avgust august septemb oktob",
    r"novemb decemb sedmic hiljad saopć saopšt učestv evrop univerz histor istorij ambasad",
    r"tokom uslov tačn tačk ko\b šta\b organizova sistem saradnj sekretarij",
)


def home_of(names: Iterable[str]) -> str | None:
    """Which of the three is at home where one of the names ("mission-to-serbia") says."""
    found = (home for name in names for part in name.split("-") if (home := _HOMES.get(part)))
    return next(found, None)


def variant(text: str, *, home: str | None, guess: str) -> str:
    """Which of the three a text is in: the one its words speak for, else the one at home where it
    comes from, else the ``guess`` unless its words speak against it.
    """
    small = text.casefold()
    if len(_CYRILLIC.findall(small)) > len(_LATIN.findall(small)):
        return _SERBIAN
    eastern, western = len(_EKAVIAN.findall(small)), len(_IJEKAVIAN.findall(small))
    croatian, other = len(_ONLY_CROATIAN.findall(small)), len(_NOT_CROATIAN.findall(small))
    if eastern > western:
        return _SERBIAN
    if croatian > other:
        return _CROATIAN
    if home:
        return home
    is_wrong = western > eastern if guess == _SERBIAN else guess == _CROATIAN and other > croatian
    return _BOSNIAN if is_wrong else guess
