"""What servers answer who take no mail for somebody, and of what each answer speaks."""

from dataclasses import dataclass

from notifier.returns.returned import ReturnKind

HARD, FULL, SOFT, POLICY = ReturnKind.HARD, ReturnKind.FULL, ReturnKind.SOFT, ReturnKind.POLICY


@dataclass(frozen=True, slots=True)
class Refused:
    """What a server answered, and of what it speaks."""

    kind: ReturnKind
    code: int
    status: str
    words: str


def _refusals(kind: ReturnKind, *lines: str) -> list[Refused]:
    """Of lines as `550 5.1.1 words`, the status left out where the server gives none."""
    found = []
    for line in lines:
        code, _, rest = line.partition(" ")
        status, _, words = rest.partition(" ")
        known = status[:1] in "245" and status[1:2] == "."
        found.append(Refused(kind, int(code), status if known else "", words if known else rest))
    return found


REFUSALS = [
    *_refusals(
        HARD,
        "550 5.1.1 <anna@reader.example>: Recipient address rejected: User unknown in virtual mailbox table",
        "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces. gsmtp",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "554 delivery error: dd This user doesn't have a yahoo.com account (anna@reader.example) [0] - mta4.mail.example",
        "550 #5.1.0 Address rejected anna@reader.example: no such user",
        "550 Requested action not taken: mailbox unavailable",
        "550 5.4.1 Recipient address rejected: unknown user",
        "550 sorry, no mailbox here by that name. (#5.1.1)",
        "550 No such user here",
        "550 5.2.1 The email account that you tried to reach is disabled",
        "551 not our customer",
        "550 5.1.1 User unknown; rejecting",
        "556 5.1.10 Recipient address has null MX",
        "550 Unrouteable address",
        "554 5.1.1 <anna@reader.example>: Recipient address rejected: user not found",
        "550 5.1.1 unknown or illegal alias: anna@reader.example",
        "550 Invalid recipient <anna@reader.example>",
        "550 Address unknown",
    ),
    *_refusals(
        FULL,
        "552 5.2.2 The email account that you tried to reach is over quota and inactive",
        "452 4.2.2 The recipient's inbox is out of storage space. gsmtp",
        "552 5.2.2 <anna@reader.example>: Recipient address rejected: Mailbox full",
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
        "552 Requested mail action aborted: exceeded storage allocation: mailbox is full",
        "422 4.2.2 Quota exceeded (mailbox for user is full)",
        "550 user anna is over quota",
        "552 Mailbox anna has exceeded the limit: overquota",
    ),
    *_refusals(
        SOFT,
        "451 4.3.0 Temporary lookup failure",
        "421 4.4.2 Connection timed out",
        "450 4.2.0 <anna@reader.example>: Recipient address rejected: Greylisted, see https://postgrey.example/help",
        "451 4.3.2 System not accepting network messages",
        "451 Temporary local problem - please try later",
    ),
    *_refusals(
        POLICY,
        "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to the recipient",
        "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using zen.spamhaus.org",
        "550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.",
        "550 5.7.1 [TSS04] Messages from 192.0.2.7 permanently deferred due to user complaints; reputation",
        "554 5.7.1 The message from (<digest@news.example>) with the subject of (News) matches a profile the Internet community may consider spam. reputation",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.7]",
        "552 5.7.0 This message was blocked because its content presents a potential security issue: content blocked",
        "550 5.6.0 Message content rejected",
        "554 5.7.1 <anna@reader.example>: Relay access denied",
        "550 5.7.515 Access denied, sending domain news.example does not meet the required authentication level",
        "554 IMTA-RP: reputation: IP=192.0.2.7 - A problem occurred; nothing accepted from your network",
        "550 5.7.23 The message was rejected because of Sender Policy Framework violation: SPF fail",
        "550 JunkMail rejected - host (192.0.2.7) is in an RBL on barracudacentral",
    ),
]


def of(*kinds: ReturnKind) -> list[Refused]:
    return [each for each in REFUSALS if each.kind in kinds]
