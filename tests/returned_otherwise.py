"""Mails that come back and are no failure of a delivery: late ones, complaints, wishes to leave,
answers of machines and of people. Each with its gold.
"""

from collections.abc import Iterator

from notifier.returns.returned import ReturnKind
from tests.returned import RETURNED, WHO, Form, headers, report

DELAYED, COMPLAINT, AWAY = ReturnKind.DELAYED, ReturnKind.COMPLAINT, ReturnKind.AUTO_REPLY
CHALLENGE, OTHER = ReturnKind.CHALLENGE, ReturnKind.OTHER

#: Who reports, the subject, what is said, and the fields of a report: Action and Status.
_LATE = (
    (
        "MAILER-DAEMON@mx.news.example",
        "Delayed Mail (still being retried)",
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.",
        "4.4.1",
    ),
    (
        "Mail Delivery System <Mailer-Daemon@mx.exim.example>",
        "Warning: message 1rX delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.exim.example.",
        "4.0.0",
    ),
    (
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.sendmail.example>",
        "Warning: could not send message for past 4 hours",
        "    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************",
        "4.4.1",
    ),
    (
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Delay)",
        "** Delivery incomplete **\n\nThere was a temporary problem delivering your message. Gmail will retry for 47 more hours.",
        "4.4.1",
    ),
    (
        "postmaster@mail.office.example",
        "Delivery delayed: 3 items: Policing",
        "Delivery to these recipients or groups is delayed. The message will be retried.",
        "4.4.316",
    ),
    (
        "Mail-Zustellung <mailer-daemon@mx.de.example>",
        "Verzögerte Zustellung",
        "Ihre Nachricht konnte noch nicht zugestellt werden. Es wird weiterhin versucht.",
        "4.4.1",
    ),
    (
        "mailer-daemon@mx.fr.example",
        "Message retardé",
        "La distribution de votre message est différée, de nouvelles tentatives suivront.",
        "4.2.2",
    ),
    (
        "mailer-daemon@mx.ru.example",
        "Задержка доставки сообщения",
        "Попытки доставки будут продолжены.",
        "4.4.7",
    ),
    ("mailer-daemon@mx.jp.example", "配信遅延のお知らせ", "まだ配信されていません。", "4.4.1"),
    ("mailer-daemon@mx.it.example", "Consegna ritardata", "Il messaggio è in ritardo.", "4.4.1"),
    (
        "mailer-daemon@mx.es.example",
        "Entrega retrasada",
        "El mensaje se ha retrasado; se seguirá intentando.",
        "4.4.1",
    ),
)

#: What a feedback loop calls it, by which program.
_REPORTED = (
    ("abuse", "SomeGenerator/1.0", COMPLAINT),
    ("abuse", "Yahoo!-Mail-Feedback/2.0", COMPLAINT),
    ("abuse", "Hotmail FBL", COMPLAINT),
    ("abuse", "AOL SComp", COMPLAINT),
    ("fraud", "ReturnPathFBL/1.0", COMPLAINT),
    ("opt-out", "Comcast-FBL/1.1", COMPLAINT),
    ("opt-out-list", "ComplaintFeedback/3", COMPLAINT),
    ("Abuse", "XS4ALL-FBL", COMPLAINT),
    ("not-spam", "SomeGenerator/1.0", OTHER),
    ("virus", "Scanner/9", OTHER),
    ("auth-failure", "DMARC-Filter/1.4", OTHER),
    ("miscategorized", "Folder/1", OTHER),
    ("other", "Generator/0.1", OTHER),
)

_ABSENT = (
    ("Out of Office: 3 items: Policing", "I am out of the office until Monday."),
    (
        "Automatic reply: 3 items: Policing",
        "Thank you for your mail. I am on leave until 3 December.",
    ),
    ("Automatische Antwort: 3 items: Policing", "Ich bin bis 3. Dezember nicht im Büro."),
    ("Abwesenheitsnotiz", "Ich bin derzeit abwesend."),
    ("Réponse automatique : 3 items: Policing", "Je suis absent jusqu'au 3 décembre."),
    ("Absence du bureau", "Je suis en congé."),
    ("Risposta automatica: 3 items", "Sono fuori ufficio."),
    ("Respuesta automática: 3 items", "Estoy fuera de la oficina."),
    ("Автоматический ответ: 3 items", "Я в отпуске до понедельника."),
    ("Автоответ", "Меня нет на месте."),
    ("Automatisch antwoord: 3 items", "Ik ben afwezig."),
    ("Resposta automática: 3 items", "Estou ausente."),
    ("Autosvar: 3 items", "Jag är frånvarande."),
    ("Autoodpowiedź: 3 items", "Jestem nieobecny."),
    ("Automaattinen vastaus: 3 items", "Olen poissa."),
    ("Otomatik yanıt: 3 items", "Ofis dışındayım."),
    ("自動返信: 3 items", "不在です。"),
    ("自动回复: 3 items", "我不在办公室。"),
    ("Re: 3 items: Policing [AUTOREPLY]", "This mailbox is not read."),
    ("Auto: Re: 3 items", "We have received your message; a ticket was opened."),
    ("Vacation reply", "On vacation, with little access to mail."),
    ("Re: 3 items: Policing", "I'm away from my mail this week."),
    ("Ticket #4711 received", "Thank you for contacting us. We have received your request."),
    ("Anna has left", "Anna no longer works here. Please write to office@reader.example."),
)

#: A header by which a machine says that it is one (RFC 3834 and older), and what it writes.
_MARKED = (
    ("Auto-Submitted: auto-replied", "Vielen Dank", "Wir melden uns."),
    ("Auto-Submitted: auto-generated", "Your message", "Hello."),
    ("Auto-Submitted: auto-notified; owner-email=a@b.example", "Notice", "Filed."),
    ("Precedence: auto_reply", "Your mail", "Hello."),
    ("Precedence: junk", "Thanks", "Hello."),
    ("X-Autoreply: yes", "Merci", "À bientôt."),
    ("X-Autorespond: 3 items", "Hi", "Back on Friday."),
    ("X-Auto-Response-Suppress: All", "Hello", "Gone fishing."),
    ("X-Autoresponder: gmx", "Danke", "Bis bald."),
)

_ASKED = (
    (
        "Please confirm your email to anna@reader.example",
        "Click the link to have your message delivered.",
    ),
    (
        "Sender verification required",
        "To protect itself from spam, this mailbox asks you to confirm your message.",
    ),
    ("Re: 3 items [Spam Arrest]", "Please verify your message by clicking here. Spam Arrest."),
    ("Message pending - Boxbe", "Your message is waiting. Boxbe asks you to join the guest list."),
    ("Bestätigen Sie Ihre Nachricht", "Bitte bestätigen Sie, dass Sie ein Mensch sind."),
    ("Merci de vous authentifier", "Mailinblack : veuillez valider votre envoi."),
    ("Conferma il tuo messaggio", "Conferma il tuo messaggio per la consegna."),
    ("Подтвердите отправку письма", "Подтвердите, что вы не робот."),
    ("Challenge/Response: 3 items", "Confirm that you are a human."),
)

#: What people write, and servers of mails that arrived.
_WRITTEN = (
    ("Re: 3 items: Policing", "Dear colleagues, could you send me the report of last year? Anna"),
    ("Question", "Who wrote the second article?"),
    (
        "Re: 3 items: Policing",
        "Please do not send me mails of elections any more, but keep the rest.",
    ),
    ("Fwd: 3 items", "Interesting, see below.\n\n> From: News <digest@news.example>"),
    ("Спасибо", "Спасибо за новости."),
    ("Danke", "Sehr hilfreich, vielen Dank."),
    ("unsubscribe", "unsubscribe"),
    ("Cheap watches", "Buy now http://watches.example/u/0123456789abcdef"),
    ("", ""),
)


def otherwise() -> Iterator[Form]:
    """Every one of them."""
    for number, (sender, subject, said, status) in enumerate(_LATE):
        fields = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {WHO}\nAction: delayed\nStatus: {status}\nWill-Retry-Until: Tue, 1 Dec 2026 07:00:00 +0000\n"
        yield _form(f"late-{number}", report(sender, subject, said, fields), DELAYED, WHO)
        words = f"{headers(sender, subject)}{said}\n\n<{WHO}>: connection timed out\n"
        yield _form(f"late-words-{number}", words, DELAYED, WHO)
    for number, (kind, agent, what) in enumerate(_REPORTED):
        yield _form(f"reported-{number}", complaint(kind, agent), what, WHO)
    for number, (subject, said) in enumerate(_ABSENT):
        yield _form(f"absent-{number}", written(subject, said), AWAY)
    for number, (mark, subject, said) in enumerate(_MARKED):
        yield _form(f"marked-{number}", written(subject, said, mark), AWAY)
    for number, (subject, said) in enumerate(_ASKED):
        yield _form(f"asked-{number}", written(subject, said), CHALLENGE)
    for number, (subject, said) in enumerate(_WRITTEN):
        yield _form(f"written-{number}", written(subject, said), OTHER)
    for action in ("delivered", "relayed", "expanded"):
        fields = f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {WHO}\nAction: {action}\nStatus: 2.1.5\n"
        went_well = report(
            "MAILER-DAEMON@mx.example", "Successful Mail Delivery Report", "It went well.", fields
        )
        yield _form(f"arrived-{action}", went_well, OTHER, WHO)


def _form(name: str, raw: str, kind: ReturnKind, recipient: str = "") -> Form:
    return Form(name, raw.encode(), kind, recipient)


def written(subject: str, said: str, *more: str) -> str:
    """A mail that somebody, or their machine, writes back, as to a person."""
    whole = headers("Anna <anna@reader.example>", subject, *more) + said + "\n"
    return whole.replace("Return-Path: <>", "Return-Path: <anna@reader.example>", 1)


def complaint(kind: str, agent: str, returned: str = RETURNED) -> str:
    """A report as RFC 5965 frames it."""
    return (
        headers(
            "FBL <fbl@reader.example>",
            "FW: 3 items: Policing",
            content='multipart/report; report-type=feedback-report; boundary="=-fbl"',
        )
        + "--=-fbl\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        + f"--=-fbl\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: {agent}\nVersion: 1\nOriginal-Rcpt-To: <{WHO}>\nArrival-Date: Thu, 26 Nov 2026 07:00:00 +0000\n"
        + f"\n--=-fbl\nContent-Type: message/rfc822\n\n{returned}\nHello\n--=-fbl--\n"
    )
