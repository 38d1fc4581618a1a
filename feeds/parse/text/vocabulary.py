"""Words of press releases, and of pages that are none, in the languages of the house.

Knows words. Must never know where they stand, or how many of them tell.
"""

import re

__all__ = ["KNOWN_LINES", "KNOWN_TITLES", "OTHER_KINDS"]

_FEWEST_HOME_LINES = 2

OTHER_KINDS = re.compile(
    r"(?:(?:upcoming|past) )?events?|conferences?|meetings?|tenders?|procurement"
    r"|(?:job )?vacanc(?:y|ies)(?: (?:notices?|announcements?))?|jobs?|internships?"
    r"|(?:tender|procurement|event|job|meeting) (?:notices?|announcements?|openings?)"
    r"|publications?|documents?|projects?|courses?|basic pages?|pages?|topics?|faqs?|blogs?"
    r"|blog posts?|polic(?:y|ies)|resources?|videos?|(?:photo ?)?galler(?:y|ies)|podcasts?"
    r"|calls? for (?:tenders|proposals|applications)|people|staff|biograph(?:y|ies)|landing pages?"
    r"|мероприяти[ея]|события?|вакансия|тендер|документ|публикация|проект|подія|захід|вакансія"
    r"|dogadaji?|dogadaj|конкурс|konkurs|natjecaj|veranstaltung(?:en)?|ausschreibung|evenements?"
    r"|eveniment|eventi?|eventos?|ngjarj[ea]"
)
_TITLES = (
    (
        "an FAQ",
        r"faqs?\b|frequently asked|foire aux questions|haufig gestellte|часто задаваемые",
    ),
    (
        "a vacancy",
        (
            r"(?:job )?vacanc(?:y|ies)\b|vacancy notice|jobs?$|careers?\b|internships?\b"
            r"|job opening"
            r"|stellenausschreibung|offre d'emploi|вакансия|вакансии|oglas za posao"
            r"|конкурс за работно"
        ),
    ),
    (
        "a tender",
        (
            r"(?:call for |open )?tenders?\b|invitation (?:to|for) (?:bid|tender)|procurement\b"
            r"|requests? for (?:proposals?|quotations?|expressions?|bids?)\b"
            r"|call for (?:proposals|bids)"
            r"|тендер|ausschreibung|appel d'offres|poziv za (?:dostavljanje|podnosenje) ponuda"
        ),
    ),
    (
        "a page of rules",
        (
            r"privacy (?:policy|notice|statement)|terms (?:of|and)|cookies?\b"
            r"|copyright\b|disclaimer\b"
            r"|code of conduct|staff (?:rules|regulations)|imprint$|impressum$|legal notice"
            r"|accessibility\b|.*\bpolicy$|policy on\b|.*\bterms of reference$|rules of procedure"
        ),
    ),
    ("a blog", r"(?:.* )?blog(?: posts?)?$|blog ?[:|]"),
    (
        "a page about the organisation",
        (
            r"about(?: us| the| osce|$)|who we are|what we do|where we are|what is\b|how we work"
            r"|contacts?(?: us)?$|our (?:work|mission|team|history)$|history$|mandate$|overview$"
            r"|organi[sz]ational structure|staff$|о нас$|uber uns$|o nama$|о нама$|a propos"
        ),
    ),
    ("a home page", r"home(?: ?page)?$|welcome(?: to\b|$)|start ?page$|accueil$|startseite$"),
    ("a list of results", r"search(?: results)?$|archive$|sitemap$|site map$"),
)
KNOWN_TITLES = tuple((what, re.compile(pattern)) for what, pattern in _TITLES)
_LINES = (
    ("a topic page", 1, r"our (?:challenge|action|approach|actions|challenges)"),
    (
        "a vacancy",
        1,
        (
            r"how to apply.*|(?:application )?deadline for applications?.*|vacancy n(?:umber|o).*"
            r"|duties and responsibilities|tasks and responsibilities|(?:necessary|required"
            r"|mandatory|minimum) qualifications|duty station.*|field of expertise.*|grade ?:.*"
            r"|closing date.*|functional level.*|apply now"
            r"|как подать заявку.*|срок подачи заявок.*|должностные обязанности|(?:необходимая"
            r"|требуемая) квалификация|як подати заявку.*|посадові обов'язки|nacin prijav[ea].*"
            r"|rok za prijav[ue].*|opis posl(?:a|ova)|potrebne kvalifikacije|рок за пријав[уе].*"
            r"|опис посла|рок за пријавување.*|bewerbungsfrist.*|ihre aufgaben|comment postuler.*"
            r"|date limite de candidature.*|si te aplikoni.*|afati (?:i fundit )?per aplikim.*"
            r"|cum (?:sa )?aplicati.*|termen(?:ul)? limita.*|come candidarsi.*|como postular.*"
        ),
    ),
    (
        "a tender",
        1,
        (
            r"tender (?:documents?|number|reference|no).*|(?:bid )?submission deadline.*"
            r"|deadline for (?:submission|bids|proposals|tenders).*|bidding documents"
            r"|rfp (?:no|number).*|rfq (?:no|number).*|terms of reference"
            r"|тендерная документация|срок подачи предложений.*|тендерна документація"
            r"|rok za (?:dostavljanje|podnosenje) ponuda.*|рок за (?:достављање|подношење) понуда.*"
            r"|tendersk[ai] dokument\w*|angebotsfrist.*"
            r"|date limite de (?:depot|remise) des offres.*"
        ),
    ),
    ("a blog", 1, r"posted (?:by|on|in)\b.*|about the author|leave a (?:comment|reply)|blog"),
    (
        "a home page",
        _FEWEST_HOME_LINES,
        (
            r"latest news|upcoming events|featured|view all|see all|what'?s new|follow us"
            r"|most popular|top stories|latest|latest publications|stay informed|read more"
            r"|learn more"
            r"|find out more|all news|more news|events|publications|multimedia|quick links"
            r"|последние новости|все новости|подробнее|предстоящие события|останні новини"
            r"|усі новини|најновије вести|najnovije vijesti|najnovije vesti|sve vijesti|sve vesti"
            r"|aktuelles|alle nachrichten|mehr lesen|a la une|toutes les actualites|lire la suite"
            r"|lajmet e fundit|ultimele stiri|ultime notizie|ultimas noticias"
        ),
    ),
    (
        "a document of a meeting",
        1,
        (
            r"(?:original: ?)?(?:english|russian|french|german|italian|spanish)(?: only)?"
            r"|original: ?\w+|decision no\.? .*|mada(?:m|me) chair\w*,?|mr\.? chair\w*,?"
        ),
    ),
    ("a page of rules", 1, r"effective date.*|scope and applicability|definitions"),
)
KNOWN_LINES = tuple((what, least, re.compile(pattern)) for what, least, pattern in _LINES)
