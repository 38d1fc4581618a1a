"""Mails in the dialects of more servers, as they come back, each with its gold: written by another
hand, after the rules had been fitted to the others.
"""

from collections.abc import Iterator

from notifier.returns.returned import ReturnKind
from tests.returned import RETURNED, WHO, Form, headers, report
from tests.returned_refusals import FULL, HARD, SOFT

#: A server, its sender and subject, and what it writes of a mailbox that is none, and of a full one.
_DIALECTS = (
    ("groupwise", "Mail System <MAILER-DAEMON@gw.reader.example>", "Message status - undeliverable", f"The message that you sent was undeliverable to the following:\n\t{WHO} (user not found)\n", f"The message that you sent was undeliverable to the following:\n\t{WHO} (mailbox is full)\n"),
    ("imail", "Postmaster <postmaster@reader.example>", "Undeliverable Mail", f"Unknown user: {WHO}\n\nOriginal message follows.\n\n", f"Delivery failed - mailbox full: {WHO}\n\nOriginal message follows.\n\n"),
    ("communigate", "MAILER-DAEMON@cg.reader.example", "Undeliverable mail: 3 items: Policing", f"Failed to deliver to '{WHO}'\nLOCAL module(account anna) reports:\n account does not exist\n mailbox anna: no such user here\n", f"Failed to deliver to '{WHO}'\nmailbox(anna) module reports:\n account is full (quota exceeded)\n"),
    ("kerio", "Mail Delivery Subsystem <postmaster@kerio.reader.example>", "Undeliverable mail: 3 items: Policing", f"Your message could not be delivered to the following recipient(s):\n\n<{WHO}>\n550 5.1.1 User unknown {WHO}\n", f"Your message could not be delivered to the following recipient(s):\n\n<{WHO}>\n552 5.2.2 Mailbox quota exceeded, over quota\n"),
    ("icewarp", "MAILER-DAEMON@ice.reader.example", "Delivery failed: 3 items: Policing", f"The following addresses had permanent fatal errors:\n\n    <{WHO}>; 550 5.1.1 <{WHO}> User unknown; rejecting\n", f"The following addresses had permanent fatal errors:\n\n    <{WHO}>; 552 5.2.2 Mailbox size limit exceeded: mailbox is full\n"),
    ("axigen", "Mail Delivery System <mailer-daemon@axi.reader.example>", "Undelivered mail returned to sender", f"Your message could not be delivered to <{WHO}>.\nReason: 550 Mailbox not found\n", f"Your message could not be delivered to <{WHO}>.\nReason: 552 Mailbox over quota\n"),
    ("surgemail", "<mailer-daemon@surge.reader.example>", "Failed mail (3 items: Policing)", f"Your message cannot be delivered to the following recipients:\n    {WHO}\nThe remote server said: 550 no such user here\n", f"Your message cannot be delivered to the following recipients:\n    {WHO}\nThe remote server said: 552 inbox is full\n"),
    ("merak", "postmaster@merak.reader.example", "Delivery failure", f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {WHO}\nReason: Remote host said: 550 5.1.1 unknown user\n", f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {WHO}\nReason: Remote host said: 552 5.2.2 mailbox full\n"),
    ("sun", "Internet Mail Delivery <postmaster@ims.reader.example>", "Delivery Notification: Delivery has failed", f"This report relates to a message you sent with the following header fields:\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: {WHO}\n  Original address: {WHO}\n  Reason: unknown or illegal alias; user unknown\n", f"This report relates to a message you sent.\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: {WHO}\n  Reason: over quota\n  Diagnostic code: smtp;552 5.2.2 mailbox full\n"),
    ("ms_smtp", "postmaster@iis.reader.example", "Delivery Status Notification (Failure)", f"This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       {WHO}\n\n550 5.1.1 User unknown\n", f"This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       {WHO}\n\n552 5.2.2 mailbox full\n"),
    ("qq", "=?utf-8?b?UVHpgq7nrrE=?= <postmaster@qq.example>", "来自qq.example的退信", f"抱歉,您的邮件被退回来了……\n收件人 {WHO}\n退信原因 收件人不存在 550 Mailbox not found\n", f"抱歉,您的邮件被退回来了……\n收件人 {WHO}\n退信原因 邮箱已满 552 mailbox is full\n"),
    ("netease", "Postmaster@163.example", "系统退信", f"很抱歉，您的邮件无法投递。\n{WHO}\nSMTP error, RCPT TO: 550 User not found\n", f"很抱歉，您的邮件无法投递。\n{WHO}\nSMTP error, DOT: 552 Requested mail action aborted: mailbox is full\n"),
    ("naver", "MAILER-DAEMON@naver.example", "[메일발송실패안내] Undelivered Mail 3 items: Policing", f"받는사람 {WHO}\n실패원인 550 5.1.1 No such user. recipient unknown\n", f"받는사람 {WHO}\n실패원인 552 5.2.2 Mailbox full\n"),
    ("orange", "MAILER-DAEMON@orange.example", "Échec de livraison de votre message", f"Votre message n'a pas pu être remis à:\n\n<{WHO}>: 550 5.1.1 Adresse d'au moins un destinataire invalide. Invalid recipient.\n", f"Votre message n'a pas pu être remis à:\n\n<{WHO}>: 552 5.2.2 Boite du destinataire pleine. Recipient overquota.\n"),
    ("t_online", "Mail Delivery System <MAILER-DAEMON@t.example>", "Unzustellbare Nachricht: 3 items", f"Ihre Nachricht konnte nicht zugestellt werden.\n\n<{WHO}>\n550-5.1.1 Empfänger unbekannt\n", f"Ihre Nachricht konnte nicht zugestellt werden.\n\n<{WHO}>\nDas Postfach des Empfängers ist voll.\n"),
    ("libero", "Mail Delivery Service <mailadm@libero.example>", "Mancato recapito: 3 items", f"Il messaggio non è stato possibile recapitare a:\n{WHO}\nMotivo: utente sconosciuto\n", f"Il messaggio non è stato possibile recapitare a:\n{WHO}\nMotivo: casella piena\n"),
    ("telefonica", "Postmaster <postmaster@tele.example>", "No se ha podido entregar el mensaje", f"No se ha podido entregar su mensaje a {WHO}\n550 5.1.1 usuario desconocido\n", f"No se ha podido entregar su mensaje a {WHO}\nbuzón lleno\n"),
    ("rambler", "Mail Delivery Subsystem <mailer-daemon@rambler.example>", "Письмо не доставлено", f"Письмо не может быть доставлено.\n<{WHO}>: почтовый ящик не существует\n", f"Письмо не может быть доставлено.\n<{WHO}>: почтовый ящик заполнен\n"),
)  # fmt: skip

#: A server, its subject, and the fields of its report while it still tries.
_FIELDS_OF_DELAYS = (
    (
        "postfix",
        "Delayed Mail (still being retried)",
        "delayed",
        "4.4.1",
        "X-Postfix; connect to mx.reader.example[192.0.2.25]:25: Connection timed out",
    ),
    (
        "gmail",
        "Delivery Status Notification (Delay)",
        "delayed",
        "4.2.1",
        "smtp; The recipient's inbox is receiving mail too quickly",
    ),
    (
        "exchange",
        "Delivery delayed:3 items: Policing",
        "delayed",
        "4.4.7",
        "smtp;400 4.4.7 Message delayed",
    ),
    ("powermta", "Delivery report", "delayed (will retry)", "4.4.2", "smtp;421 timeout"),
    ("no_action", "Warning", "", "4.4.1", "smtp; 421 no answer"),
)

#: What servers put into fields in ways of their own: the fields, and what is to be read in them.
_ODD_FIELDS = (
    (f"Original-Recipient: rfc822;{WHO}\nFinal-Recipient: x400; /S=anna/\nAction: failed\nStatus: 5.1.1\n", HARD),
    (f"Final-Recipient: rfc822; <{WHO}>\nAction: Failed (permanent)\nStatus: 5.1.10 (no mailbox)\n", HARD),
    (f"FINAL-RECIPIENT: RFC822; {WHO}\nACTION: FAILED\nSTATUS: 5.2.2\n", FULL),
    (f"Final-Recipient: rfc822;{WHO}\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550-5.1.1 The email account\n that you tried to reach does not exist\n", HARD),
    (f"Final-Recipient: rfc822;{WHO}\nStatus: 5.1.1\n", HARD),
    (f"Final-Recipient: rfc822;{WHO}\nAction: failed\nStatus: 4.4.7\nDiagnostic-Code: smtp; 421 4.4.0 no answer from host\n", SOFT),
)  # fmt: skip


def dialects() -> Iterator[Form]:
    """Refusals as further servers write them, each of a mailbox that is none and of a full one."""
    for name, sender, subject, unknown, full in _DIALECTS:
        for kind, words in ((HARD, unknown), (FULL, full)):
            said = headers(sender, subject) + f"{words}\n{RETURNED}"
            yield Form(f"{name}-{kind}", said.encode(), kind)
    for number, (fields, kind) in enumerate(_ODD_FIELDS):
        yield Form(f"odd-{number}", _reported("Undelivered mail", fields), kind)


def delays() -> Iterator[Form]:
    """What says that a mail is on its way still, and a report of one that arrived that says no more."""
    for name, subject, action, status, why in _FIELDS_OF_DELAYS:
        fields = _fields(action, status, why)
        yield Form(f"{name}-fields", _reported(subject, fields), ReturnKind.DELAYED)
    mdaemon = headers(
        "MDaemon at reader.example <MDaemon@reader.example>", "Transient Delivery Failure"
    )
    words = f"The attached message had TRANSIENT delivery errors and will be retried.\n\nRecipient: {WHO}\n"
    yield Form("mdaemon-delayed", f"{mdaemon}{words}".encode(), ReturnKind.DELAYED)
    fields = _fields("", "2.1.5", "250 2.1.5 OK")
    yield Form("arrived", _reported("Success notice", fields), ReturnKind.OTHER)


def by_button() -> Form:
    """Outlook.com's (Junk Mail Reporting Program): no report, the mail itself and who complains."""
    raw = (
        "From: <staff@hotmail.example>\nTo: abuse@news.example\nSubject: complaint about message from 192.0.2.7\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        f"--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: {WHO}\n{RETURNED}\nNews\n--b--\n"
    )
    return Form("outlook-button", raw.encode(), ReturnKind.COMPLAINT)


def _fields(action: str, status: str, why: str) -> str:
    told = f"Final-Recipient: rfc822; {WHO}\n" + (f"Action: {action}\n" if action else "")
    return f"{told}Status: {status}\nDiagnostic-Code: {why}\n"


def _reported(subject: str, fields: str) -> bytes:
    sender = "Mail Delivery System <MAILER-DAEMON@mx.reader.example>"
    reporter = "Reporting-MTA: dns; mx.reader.example\n\n"
    return report(sender, subject, "See below.\n", reporter + fields).encode()
