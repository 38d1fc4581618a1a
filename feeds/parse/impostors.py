"""Pages served in place of an article: they ask to log in, check the reader, or say what failed.

Knows how such pages read, in the languages of the house. Must never know which form or address
a page has.
"""

import re
from collections.abc import Iterable

from feeds.draft import Reason, Refused
from feeds.parse.bytes import Lines, bullet, excerpt
from feeds.taxonomy.naming import fold

__all__ = ["impostor"]

# Such pages are short; an article about logins or errors is longer.
_MOST_LINES = 40
_MOST_CHARS = 2_000
# "Log in" and "Password" are words of their own there, not parts of a sentence.
_MOST_WORDS = 6
# What is wrong stands on top, below the name of the site at most.
_TOP_LINES = 4
# One such line may be a title, two are a form to fill in.
_FEWEST_LOGIN_LINES = 2

_LOGIN = re.compile(
    r"(?:please )?(?:log ?in|sign ?in)(?: (?:to|with|using)\b.*)?$"
    r"|(?:your )?(?:user ?name|password)\b"
    r"|(?:forgot(?:ten)?|reset|lost) (?:your )?password|remember me$|keep me (?:signed|logged) in$"
    r"|e?mail(?: address)?$|single sign ?on|create (?:an )?account$|request new password$"
    r"|anmelden$|einloggen$|benutzername\b|passwort\b|se connecter$|connexion$|mot de passe\b"
    r"|nom d'utilisateur$|identifiant$|вход$|войти$|логин$|пароль\b|имя пользователя$|увіити$"
    r"|вхід$|ім'я користувача$|prijava$|prijavi(?:te)? se$|korisnicko ime$|lozinka$|zaporka$"
    r"|пријава$|корисничко име$|лозинка$|наиава$|наjава$|најава$|identifikohu$|hyr$|fjalekalimi$"
    r"|autentificare$|conectare$|parola$|nume de utilizator$|accedi$|nome utente$"
    r"|iniciar sesion$|contrasena$|nombre de usuario$"
)
_CHALLENGE = re.compile(
    r"checking (?:your browser|if the site connection)|just a moment\b|enable javascript\b"
    r"|(?:please )?(?:enable|turn on|allow) (?:javascript|cookies)|verify(?:ing)? (?:that )?you are"
    r"|i'?m not a robot|are you a robot|(?:ddos|bot) protection by|attention required!"
    r"|complete the security check|performing (?:a )?security verification"
    r"|javascript is (?:disabled|required)|this site requires (?:javascript|cookies)"
    r"|checking the site connection|please wait while we (?:check|verify)|press and hold\b"
    r"|проверка (?:вашего )?браузера|подтвердите,? что вы не робот|включите javascript"
    r"|bitte aktivieren sie javascript|ihr browser wird uberpruft|einen moment\b"
    r"|verification de votre navigateur|veuillez activer javascript|un instant\b"
    r"|provjera preglednika|comprobando su navegador|verifica del browser"
)
_ERROR = re.compile(
    r"(?:error |http |fehler |erreur |ошибка |помилка |greska |грешка |gabim |eroare |errore )*"
    r"(?:[45][0-9][0-9])(?:$|[ :.|]+(?:error|page|not found|forbidden|unauthorized|internal|bad"
    r"|service|gateway|gone|too many|страница|сторінка|seite|pagina|page|стран).*$)"
    r"|(?:the |this |requested )*(?:page|file|document|content) "
    r"(?:you (?:requested|are looking for) )?(?:was |is |could |can)?(?:not|no longer|'t)"
    r"(?: be)? (?:found|available|exist)"
    r"|page (?:does not|doesn't) exist|(?:internal )?server error|access denied$|forbidden$"
    r"|not found$|bad gateway$|service (?:temporarily )?unavailable|gateway time ?out$"
    r"|you (?:are not authorized|do not have permission|don't have permission)\b"
    r"|something went wrong|(?:an )?(?:unexpected )?error (?:has )?occurred|too many requests$"
    r"|(?:oops|sorry)[,!.]+ .*(?:page|wrong|error)|site (?:is )?(?:under|down for) maintenance"
    r"|under maintenance$|страница не наидена|доступ запрещен|ошибка сервера|сторінку не знаидено"
    r"|доступ заборонено|seite nicht gefunden|zugriff verweigert|page (?:non trouvee|introuvable)"
    r"|acces (?:refuse|interdit)|stranica nije (?:pronadena|nadena)|pristup odbijen"
    r"|страница ние? пронађена|страница није пронађена|страницата не е пронаидена"
    r"|faqja nuk u gjet|pagina nu a fost gasita|acces interzis|pagina non trovata"
    r"|accesso negato|pagina no encontrada|acceso denegado"
)


def impostor(lines: Lines) -> Refused | None:
    """Why a short page is no article but one of a login, a browser check or an error.

    ``lines`` are those a person sees, without the menu.
    """
    if not lines or len(lines) > _MOST_LINES or sum(map(len, lines)) > _MOST_CHARS:
        return None
    folded = [(line, _words(line)) for line in lines]
    return _challenge(folded) or _error(folded[:_TOP_LINES]) or _login(folded)


def _words(line: str) -> str:
    return fold(bullet(line) or line).strip(" :.…!*")


def _challenge(lines: Iterable[tuple[str, str]]) -> Refused | None:
    for line, words in lines:
        if _CHALLENGE.match(words):
            return Refused(reason=Reason.CHALLENGE, evidence=f"it says {excerpt(line)}")
    return None


def _error(lines: Iterable[tuple[str, str]]) -> Refused | None:
    for line, words in lines:
        if _ERROR.match(words):
            return Refused(reason=Reason.ERROR_PAGE, evidence=f"it says {excerpt(line)}")
    return None


def _login(lines: Iterable[tuple[str, str]]) -> Refused | None:
    asked = {
        words: line
        for line, words in lines
        if len(words.split()) <= _MOST_WORDS and _LOGIN.match(words)
    }
    if len(asked) < _FEWEST_LOGIN_LINES:
        return None
    shown = " and ".join(map(excerpt, list(asked.values())[:2]))
    return Refused(reason=Reason.LOGIN, evidence=f"it asks for {shown}")
