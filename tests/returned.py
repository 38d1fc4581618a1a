"""Mails as they come back, written after the RFCs and what servers print, each with its gold.

A form is a server's way to report; what it reports are the words of the server that refused. Both
are real: no two of the forms share more than the standard makes them share.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.header import Header
from itertools import cycle, islice

from notifier.returns.returned import ReturnKind
from tests.returned_refusals import FULL, HARD, POLICY, SOFT, Refused, of

WHO = "anna@reader.example"


@dataclass(frozen=True, slots=True)
class Form:
    """A mail that came back, and what is to be read in it."""

    name: str
    raw: bytes
    kind: ReturnKind
    recipient: str = WHO


RETURNED = (
    "Return-Path: <bounces+17.{mark}@news.example>\nDate: Thu, 26 Nov 2026 07:00:00 +0000\n"
    "From: News <digest@news.example>\nTo: anna@reader.example\nSubject: 3 items: Policing\n"
    "Message-ID: <d2026-11-26.0123456789abcdef0123456789abcdef@news.example>\n"
)


def headers(
    sender: str, subject: str, *more: str, content: str = "text/plain; charset=utf-8"
) -> str:
    lines = (
        "Return-Path: <>",
        "Received: from mx.reader.example ([192.0.2.25]) by in.news.example; Thu, 26 Nov 2026 07:00:09 +0000",
        f"From: {_encoded(sender)}",
        "To: bounces@news.example",
        f"Subject: {_encoded(subject)}",
        "Date: Thu, 26 Nov 2026 07:00:08 +0000",
        "MIME-Version: 1.0",
        *more,
        f"Content-Type: {content}",
    )
    return "\n".join(lines) + "\n\n"


def _encoded(value: str) -> str:
    return value if value.isascii() else Header(value, "utf-8").encode()


def report(
    sender: str, subject: str, text: str, fields: str, *more: str, html: bool = False
) -> str:
    """A report as RFC 3462 frames it: words for people, fields for machines, the headers."""
    kind = "text/html" if html else "text/plain"
    return (
        headers(
            sender,
            subject,
            "Auto-Submitted: auto-replied",
            *more,
            content='multipart/report; report-type=delivery-status; boundary="=-limit-1"',
        )
        + f"--=-limit-1\nContent-Type: {kind}; charset=utf-8\n\n{text}\n"
        + f"--=-limit-1\nContent-Type: message/delivery-status\n\n{fields}\n"
        + f"--=-limit-1\nContent-Type: text/rfc822-headers\n\n{RETURNED}\n--=-limit-1--\n"
    )


def _said(one: Refused, mark: str = " ") -> str:
    return mark.join(filter(None, (str(one.code), one.status, one.words)))


def _status(one: Refused) -> str:
    return one.status or f"{str(one.code)[0]}.0.0"


Reporter = Callable[[Refused], str]


def postfix(one: Refused) -> str:
    return report(
        "MAILER-DAEMON@mx.news.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.news.example.\n\nI'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        f"<{WHO}>: host mx.reader.example[192.0.2.25] said: {_said(one)}\n    (in reply to RCPT TO command)\n",
        "Reporting-MTA: dns; mx.news.example\nX-Postfix-Queue-ID: 4T1\nArrival-Date: Thu, 26 Nov 2026 07:00:00 +0000\n\n"
        f"Final-Recipient: rfc822; {WHO}\nOriginal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)}\n"
        f"Remote-MTA: dns; mx.reader.example\nDiagnostic-Code: smtp; {_said(one)}\n",
    )


def postfix_old(one: Refused) -> str:
    """Of the 90s, without a report."""
    return headers(
        "MAILER-DAEMON@mx.news.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
    ) + (
        "This is the Postfix program at host mx.news.example.\n\nI'm sorry to have to inform you that the message returned\n"
        "below could not be delivered to one or more destinations.\n\n\t\t\tThe Postfix program\n\n"
        f"<{WHO}>: host mx.reader.example[192.0.2.25] said: {_said(one)}\n\n{RETURNED}"
    )


def exim(one: Refused) -> str:
    return headers(
        "Mail Delivery System <Mailer-Daemon@mx.news.example>",
        "Mail delivery failed: returning message to sender",
        f"X-Failed-Recipients: {WHO}",
        "Auto-Submitted: auto-replied",
    ) + (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n"
        f"recipients. This is a permanent error. The following address(es) failed:\n\n  {WHO}\n"
        f"    host mx.reader.example [192.0.2.25]\n    SMTP error from remote mail server after RCPT TO:<{WHO}>:\n    {_said(one)}\n\n"
        f"------ This is a copy of the message's headers. ------\n\n{RETURNED}"
    )


def exim_report(one: Refused) -> str:
    return report(
        "Mail Delivery System <Mailer-Daemon@mx.news.example>",
        "Mail delivery failed: returning message to sender",
        f"A message that you sent could not be delivered. The following address(es) failed:\n\n  {WHO}\n    {_said(one)}\n",
        f"Reporting-MTA: dns; mx.news.example\n\nAction: failed\nFinal-Recipient: rfc822;{WHO}\nStatus: 5.0.0\n"
        f"Remote-MTA: dns; mx.reader.example\nDiagnostic-Code: smtp; {_said(one)}\n",
        f"X-Failed-Recipients: {WHO}",
    )


def qmail(one: Refused) -> str:
    return headers("MAILER-DAEMON@mx.news.example", "failure notice") + (
        "Hi. This is the qmail-send program at mx.news.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{WHO}>:\n192.0.2.25 does not like recipient.\nRemote host said: {_said(one)}\nGiving up on 192.0.2.25.\n\n"
        f"--- Below this line is a copy of the message.\n\n{RETURNED}"
    )


def sendmail(one: Refused) -> str:
    return report(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.news.example>",
        "Returned mail: see transcript for details",
        "The original message was received at Thu, 26 Nov 2026 07:00:00 GMT\nfrom localhost [127.0.0.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{WHO}>\n    (reason: {_said(one)})\n\n"
        f"   ----- Transcript of session follows -----\n... while talking to mx.reader.example.:\n>>> RCPT To:<{WHO}>\n<<< {_said(one)}\n",
        f"Reporting-MTA: dns; mx.news.example\nArrival-Date: Thu, 26 Nov 2026 07:00:00 GMT\n\nFinal-Recipient: RFC822; {WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nRemote-MTA: DNS; mx.reader.example\nDiagnostic-Code: SMTP; {_said(one)}\n"
        "Last-Attempt-Date: Thu, 26 Nov 2026 07:00:01 GMT\n",
    )


def exchange(one: Refused) -> str:
    """On premises: the words for people are HTML, the fields bare."""
    return report(
        "Microsoft Exchange <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@reader.example>",
        "Undeliverable: 3 items: Policing",
        f"<html><body><p><b>Delivery has failed to these recipients or groups:</b></p><p>{WHO}<br>{one.words}</p>"
        f"<p>Diagnostic information for administrators:</p><p>#{_said(one)} ##</p></body></html>",
        f"Reporting-MTA: dns;ex01.reader.example\nReceived-From-MTA: dns;mx.news.example\n\nFinal-Recipient: rfc822;{WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp;{_said(one)}\n",
        html=True,
    )


def office365(one: Refused) -> str:
    return report(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@reader.onmicrosoft.example>",
        "Undeliverable: 3 items: Policing",
        f"<html><body><p>Your message to {WHO} couldn't be delivered.</p><p>Reported error: {_said(one)}</p></body></html>",
        f"Reporting-MTA: dns;AM0PR01MB0001.prod.exchangelabs.example\nReceived-From-MTA: dns;mx.news.example\n\nFinal-Recipient: rfc822;{WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp;{_said(one)} [AM0EUR02FT001.eop-EUR02.prod.protection.example]\n"
        f"Remote-MTA: dns;mx.reader.example\nX-Display-Name: Anna\n",
        html=True,
    )


def gmail(one: Refused) -> str:
    return report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        f"** Message not delivered **\n\nThere was a problem delivering your message to {WHO}. See the technical details below.\n\n"
        f"The response from the remote server was:\n{_said(one)}\n",
        f"Reporting-MTA: dns; googlemail.example\nReceived-From-MTA: dns; digest@news.example\n\nFinal-Recipient: rfc822; {WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nRemote-MTA: dns; mx.reader.example. (192.0.2.25, the server for the domain.)\n"
        f"Diagnostic-Code: smtp; {_said(one, '-')}\nLast-Attempt-Date: Wed, 26 Nov 2026 07:00:08 -0800 (PST)\n",
        f"X-Failed-Recipients: {WHO}",
    )


def yahoo(one: Refused) -> str:
    return headers("MAILER-DAEMON@yahoo.example", "Failure Notice") + (
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        f"<{WHO}>:\nRemote host said: {_said(one)} [RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n{RETURNED}"
    )


def zoho(one: Refused) -> str:
    return headers("mailer-daemon@mail.zoho.example", "Undelivered Mail Returned to Sender") + (
        "This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. "
        f"This is a permanent error.\n\n{WHO}, ERROR CODE :{one.code} - {' '.join(filter(None, (one.status, one.words)))}\n\n"
        f"Received:from mx.news.example by mx.zoho.example\n{RETURNED}"
    )


def domino(one: Refused) -> str:
    return report(
        "Postmaster@reader.example",
        "DELIVERY FAILURE: 3 items: Policing",
        f"Your message\n\n  Subject: 3 items: Policing\n\nwas not delivered to:\n\n  {WHO}\n\nbecause:\n\n  {_said(one)}\n",
        f"Reporting-MTA: dns;domino.reader.example\n\nFinal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)}\n"
        f"Diagnostic-Code: X-Notes; {_said(one)}\n",
    )


def courier(one: Refused) -> str:
    return report(
        '"Courier mail server at mx.news.example" <@mx.news.example>',
        "NOTICE: mail delivery status.",
        f"This is a delivery status notification from mx.news.example,\nrunning the Courier mail server.\n\nThe original message was received on Thu.\n\n"
        f"UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{WHO}>:\n    mx.reader.example [192.0.2.25]:\n    >>> RCPT TO:<{WHO}>\n    <<< {_said(one)}\n",
        f"Reporting-MTA: dns; mx.news.example\n\nFinal-Recipient: rfc822; {WHO}\nAction: failed\nStatus: 5.0.0\n"
        f"Diagnostic-Code: smtp; {_said(one)}\nRemote-MTA: dns; mx.reader.example [192.0.2.25]\n",
    )


def opensmtpd(one: Refused) -> str:
    return report(
        "Mailer Daemon <MAILER-DAEMON@mx.news.example>",
        "Delivery status notification: error",
        "Hi!\n\nThis is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\nAn error has occurred while attempting to deliver a message for\n"
        f"the following list of recipients:\n\n{WHO}: {_said(one)}\n",
        f"Reporting-MTA: dns; mx.news.example\n\nFinal-Recipient: rfc822; {WHO}\nAction: failed\nStatus: {_status(one)}\n",
    )


def dovecot(one: Refused) -> str:
    """LMTP's or Sieve's `reject`: a disposition notification with a report within."""
    return report(
        "Mail Delivery Subsystem <postmaster@reader.example>",
        "Rejected: 3 items: Policing",
        f"Your message to <{WHO}> was automatically rejected:\n{_said(one)}\n",
        f"Reporting-MTA: dns; reader.example\n\nOriginal-Recipient: rfc822; {WHO}\nFinal-Recipient: rfc822; {WHO}\nAction: failed\nStatus: {_status(one)}\n",
        "Precedence: bulk",
    )


def mimecast(one: Refused) -> str:
    return report(
        "postmaster@mimecast.reader.example",
        "[Postmaster] Email Delivery Failure",
        f"An email you sent to the following recipient(s) could not be delivered: {WHO}. Reason: {_said(one)}\n",
        f"Reporting-MTA: dns; eu-smtp-1.mimecast.example\n\nOriginal-Recipient: rfc822; {WHO}\nFinal-Recipient: rfc822; {WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp; {_said(one)} [abc.eu1]\n",
    )


def proofpoint(one: Refused) -> str:
    return report(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx0a-00000001.pphosted.example>",
        "Returned mail: see transcript for details",
        f"   ----- The following addresses had permanent fatal errors -----\n<{WHO}>\n    (reason: {_said(one)})\n",
        f"Reporting-MTA: dns; mx0a-00000001.pphosted.example\nReceived-From-MTA: DNS; mx.news.example\n\nFinal-Recipient: RFC822; {WHO}\n"
        f"Action: failed\nStatus: {_status(one)}\nRemote-MTA: DNS; [192.0.2.25]\nDiagnostic-Code: SMTP; {_said(one)}\n",
    )


def barracuda(one: Refused) -> str:
    return headers(
        "postmaster@ess.barracuda.example", "**Message you sent blocked: delivery failed**"
    ) + (
        f"Your message to: {WHO}\nwas rejected. It could not be delivered.\nReason given: {_said(one)}\n\nMessage-id: <1@news.example>\n"
    )


def mdaemon(one: Refused) -> str:
    return headers(
        "MDaemon at reader.example <MDaemon@reader.example>", "Permanent Delivery Failure"
    ) + (
        "MDaemon has detected that your message could not be delivered.\n\nThe attached message had PERMANENT fatal delivery errors!\n\n"
        f"Failed address: {WHO}\n\n--- Session Transcript ---\n RCPT To:<{WHO}>\n <-- {_said(one)}\n--- End Transcript ---\n"
    )


def hmailserver(one: Refused) -> str:
    return headers("mailer-daemon@mx.news.example", "Message undeliverable: 3 items: Policing") + (
        f"Your message did not reach some or all of the intended recipients.\n\n   Sent: Thu, 26 Nov 2026 07:00:00\n   Subject: 3 items: Policing\n\n"
        f"The following recipient(s) could not be reached:\n\n   {WHO}\n   Error Type: SMTP\n   Remote server (192.0.2.25) issued an error.\n   hMailServer sent: RCPT TO:<{WHO}>\n   Remote server replied: {_said(one)}\n\nhMailServer\n"
    )


def haraka(one: Refused) -> str:
    return report(
        "MAILER-DAEMON@mx.news.example",
        "failure notice",
        f"Hi. This is the Haraka Mailer program at mx.news.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<{WHO}>: {_said(one)}\n",
        f"Reporting-MTA: dns;mx.news.example\n\nOriginal-Recipient: rfc822;{WHO}\nFinal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp;{_said(one)}\n",
    )


def icloud(one: Refused) -> str:
    return report(
        "Postmaster <postmaster@mac.example>",
        "Undelivered Mail Returned to Sender",
        f"This report relates to a message you sent to {WHO}, which could not be delivered:\n\n  Recipient address: {WHO}\n  Reason: {_said(one)}\n",
        f"Reporting-MTA: dns;st11p00im.mac.example (tcp-daemon)\n\nOriginal-recipient: rfc822;{WHO}\nFinal-recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)} (Remote SMTP server has rejected address)\nRemote-MTA: dns;mx.reader.example\nDiagnostic-code: smtp;{_said(one)}\n",
    )


def mail_ru(one: Refused) -> str:
    return headers("mailer-daemon@corp.mail.example", "Mail failure.") + (
        "This message was created automatically by mail delivery software.\n\nСообщение не может быть доставлено по следующим адресам:\n\n"
        f"  {WHO}\n    SMTP error from remote mail server after RCPT TO:<{WHO}>:\n    host mx.reader.example: {_said(one)}\n\n------ This is a copy of the message, including all the headers. ------\n\n{RETURNED}"
    )


def yandex(one: Refused) -> str:
    return report(
        "mailer-daemon@yandex.example",
        "Недоставленное сообщение",
        f"Это письмо отправлено почтовым сервером yandex.example.\n\nК сожалению, мы вынуждены сообщить Вам о том, что Ваше письмо не может быть доставлено.\n\n<{WHO}>: host mx.reader.example said: {_said(one)} (in reply to RCPT TO command)\n",
        f"Reporting-MTA: dns; forward100.mail.yandex.example\n\nFinal-Recipient: rfc822; {WHO}\nOriginal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp; {_said(one)}\n",
    )


def gmx(one: Refused) -> str:
    return headers(
        "GMX Mailer Daemon <mailer-daemon@gmx.example>",
        "Mail delivery failed: returning message to sender",
    ) + (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. This is a permanent error. The following address\nfailed:\n\n"
        f"{WHO}:\nSMTP error from remote server for RCPT TO command, host: mx.reader.example (192.0.2.25) reason: {_said(one)}\n\n--- The header of the original message is following. ---\n\n{RETURNED}"
    )


def james(one: Refused) -> str:
    return report(
        "postmaster@james.reader.example",
        "Re: 3 items: Policing",
        f"Hi. This is the James mail server at james.reader.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Below\nI include the list of recipients and the reason.\n\nFailed recipient(s):\n{WHO}\n\nError message:\n{_said(one)}\n",
        f"Reporting-MTA: dns; james.reader.example\nReceived-From-MTA: dns; 192.0.2.7\n\nFinal-Recipient: rfc822; {WHO}\nAction: failed\nStatus: {_status(one)}\nDiagnostic-Code: X-James; {_said(one)}\n",
    )


def powermta(one: Refused) -> str:
    return report(
        "PowerMTA <mailer-daemon@relay.example>",
        "Delivery report",
        f"Hello, this is the mail server on relay.example.\n\nI am sending you this message to inform you on the delivery status of a\nmessage you previously sent. Immediately below you will find a list of\nthe affected recipients.\n\n  <{WHO}>; originally to {WHO} (unrecoverable error)\n    {_said(one)}\n",
        f"Reporting-MTA: dns;relay.example\nX-PowerMTA-BounceCategory: other\n\nOriginal-Recipient: rfc822;{WHO}\nFinal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)} (undefined status)\nRemote-MTA: dns;mx.reader.example (192.0.2.25)\nDiagnostic-Code: smtp;{_said(one)}\nX-PowerMTA-BounceCategory: other\n",
    )


def ses_mail(one: Refused) -> str:
    return report(
        "MAILER-DAEMON@eu-west-1.amazonses.example",
        "Delivery Status Notification (Failure)",
        f"An error occurred while trying to deliver the mail to the following recipients:\n{WHO}\n",
        f"Reporting-MTA: dns; a1-2.smtp-out.eu-west-1.amazonses.example\n\nAction: failed\nFinal-Recipient: rfc822; {WHO}\nDiagnostic-Code: smtp; {_said(one)}\nStatus: {_status(one)}\n",
    )


def fields_in_text(one: Refused) -> str:
    """A forwarder that took the report apart: its fields stand in one part of plain text."""
    return headers("postmaster@forward.example", "Undeliverable mail") + (
        f"Delivery to the following recipients failed.\n\n       {WHO}\n\nFinal-Recipient: rfc822;{WHO}\nAction: failed\nStatus: {_status(one)}\nDiagnostic-Code: smtp; {_said(one)}\n"
    )


REPORTERS: tuple[Reporter, ...] = (
    *(postfix, postfix_old, exim, exim_report, qmail, sendmail, exchange, office365, gmail, yahoo),
    *(zoho, domino, courier, opensmtpd, dovecot, mimecast, proofpoint, barracuda, mdaemon),
    *(hmailserver, haraka, icloud, mail_ru, yandex, gmx, james, powermta, ses_mail, fields_in_text),
)
#: How many refusals each reports, of each kind.
_OF_EACH = ((HARD, 3), (FULL, 1), (SOFT, 1), (POLICY, 2))


def bounces() -> Iterator[Form]:
    """Each form with refusals of each kind, taken in turn, so that every one occurs."""
    turns = {kind: cycle(of(kind)) for kind, _ in _OF_EACH}
    for reporter in REPORTERS:
        for kind, many in _OF_EACH:
            for number, one in enumerate(islice(turns[kind], many)):
                # What says nothing but that it was a server's words needs these words.
                told = one
                if reporter is opensmtpd and kind is POLICY and not one.status:
                    told = of(POLICY)[0]
                name = f"{reporter.__name__}-{kind}-{number}"
                yield Form(name, reporter(told).encode(), kind)
