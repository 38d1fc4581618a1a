"""Words that reports are told in, in the languages of the region.

Knows words and the endings of verbs. Must never know where in a page they stand.
"""

import re

__all__ = ["DAYS", "PAST", "PAST_BEHIND_CONSONANT", "PRESENT_ALIKE", "REPORTING", "TURKIC"]

# Words reports are told in. Present tense is left out: pages about an office speak so.
REPORTING = re.compile(
    r"said|stated|told|added|underlined|underscored|emphasi[sz]ed|stressed|noted|highlighted|called"
    r"|welcomed|condemned|urged|expressed|reiterated|reaffirmed|met|visited|travelled|launched|took"
    r"|opened|adopted|announced|concluded|organi[sz]ed|hosted|held|attended|participated|gathered"
    r"|discussed|presented|signed|convened|appointed|observed|recorded|monitored|trained|began"
    r"|ended|addressed|commended|congratulated|delivered|released|published|issued|heard|saw|spoke|warned"
    r"|regretted|deplored|agreed|completed|заявил\w*|отметил\w*|подчеркнул\w*|сообщил\w*|призвал\w*"
    r"|состоял\w*|прош[её]л|прошла|провел\w*|обсудил\w*|приветствовал\w*|осудил\w*|встретил\w*"
    r"|заявив|зазначи\w+|підкресли\w+|відбу\w+|закли\w+|обговори\w+|izjavi\w+|naglasi\w+|istak\w+"
    r"|rekao|rekla|održan\w*|organiz(?:ova|ira)\w*|pozva\w+|sasta\w+|изјави\w*|истак\w+|нагласи\w*"
    r"|рекао|рекла|одржа\w+|организира\w*|организова\w*|рече|состана\w*|tha|theksoi|deklaroi"
    r"|organizoi|mbajt|vizitoi|takua\w*|declarat|subliniat|organizat|avut|menționat|sagte|erklärte"
    r"|betonte|stattgefunden|fand|trafen|traf|eröffnete|verurteilte|begrüßte|déclaré|souligné|tenue?"
    r"|participé|condamné|salué|organisé|dichiarato|sottolineato|tenut[oa]|organizzato|declaró"
    r"|subrayó|afirmó|celebró|organizó|condenó|reçue?s?|rappelée?s?|annoncée?s?|rencontrée?|signée?"
    r"|powiedział\w*|podkreślił\w*|stwierdził\w*|opublikował\w*|odbył\w*|spotkał\w*"
    r"|zorganizował\w*|uczestniczył\w*|omówi\w+|zaapelował\w*|řekla?|uvedla?|zdůraznila?|konala?"
    r"|uskutečnil\w*|setkal\w*|povedala?|zdôraznila?|uskutočnil\w*|stretl\w*|mondta|elmondta"
    r"|hangsúlyozta|kijelentette|tartott\w*|találkozott|közölte|заяви|подчерта\w*|отбеляза\w*"
    r"|проведе\w*|състоя|обсъди\w*|dejala?|poudarila?|izjavila?|potekal[aio]?|δήλωσε|τόνισε"
    r"|ανέφερε|πραγματοποιήθηκε|συναντήθηκε|ասաց|ասել|նշել|նշեց|հայտարարել|հայտարարեց|ընդգծեց"
    r"|քննարկվեցին|განაცხადა|აღნიშნა|გაიმართა|შეხვდა|მოაწყო|ჩაატარა|zei|verklaarde|benadrukte"
    r"|bezocht|sade|sa|uttalade|betonade|träffade|besökte|uttalte|understreket|møtte|udtalte"
    r"|understregede|mødte|sanoi|totesi|korosti|tapasi|järjesti|ütles|rõhutas|kohtus|korraldas"
    r"|teica|uzsvēra|norādīja|tikās|notika|sakė|pabrėžė|teigė|susitiko|įvyko|disse|afirmou"
    r"|sublinhou|declarou|realizou|гуфт|баргузор|карданд|гардид|намуданд|доштанд|таъкид|хэллээ"
    r"|geçirildi|boldy|belledi|nygtady|aýtdy|мэдэгдэв|боллоо|онцоллоо|зохион"
)
DAYS = frozenset(
    "today yesterday monday tuesday wednesday thursday friday saturday sunday сегодня "
    "вчера понедельник вторник среду четверг пятницу субботу воскресенье сьогодні вчора "
    "понеділок вівторок середу четвер п'ятницю суботу неділю danas juče jučer ponedjeljak "
    "ponedeljak utorak srijedu sredu četvrtak petak subotu nedjelju nedelju данас јуче "
    "понедељак уторак среду четвртак петак денес вчера понеделник вторник sot dje hënën "
    "martën mërkurën enjten premten heute gestern montag dienstag mittwoch donnerstag "
    "freitag samstag sonntag aujourd'hui hier lundi mardi mercredi jeudi vendredi samedi "
    "dimanche oggi ieri lunedì martedì mercoledì giovedì venerdì hoy ayer lunes martes "
    "miércoles jueves viernes astăzi dziś dzisiaj wczoraj dnes včera tegnap днес danes "
    "včeraj σήμερα χθες այսօր երեկ დღეს გუშინ vandaag gisteren idag igår tänään eilen "
    "täna eile šodien vakar šiandien hoje ontem bugün dün bugun kecha бүгін кеше бүгүн "
    "имрӯз өнөөдөр luni marți miercuri joi vineri ".split()
)

# Turkic sentences end in their verb, and the past in which reports are told has endings of its
# own: "bildirdi", "qatnashdi", "келісті". Behind a vowel Kazakh and Uzbek tell the present so.
_PAST = "(?:[dt][ıiuü]|[дт][ыіиуү])(?:lar|ler|lər|лар|лер)?"
_SENTENCE_END = r"(?=[.!](?:[\"”»’]|\s|$))"
PAST_BEHIND_CONSONANT = re.compile(
    rf"\b\w{{1,30}}(?![aeıioöuüəаеэыіиоөуүәяёюұ])\w{_PAST}{_SENTENCE_END}"
)
PAST = re.compile(rf"\b\w{{2,30}}{_PAST}{_SENTENCE_END}")
# Letters of Turkic languages, and the apostrophes of Uzbek; of these the ones where the present
# ends as the past does elsewhere.
TURKIC = re.compile(r"[ığəқғңәөүұ]|\b(?:va|bilan|uchun|bo[ʻ‘’'`]yicha)\b")
PRESENT_ALIKE = re.compile(r"[қғі]|[og][ʻ‘’'`]\w")
