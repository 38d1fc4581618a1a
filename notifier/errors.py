"""What can go wrong in the notifier, one leaf a subject.

Knows ids and reasons. Must never carry an address into a log line: `UnusableAddress` is for the
person who typed it.
"""

from pathlib import Path


class NotifierError(Exception):
    """Base of every expected failure here; its text says what happened and what to do."""


class UnusableAddress(NotifierError):
    """What was given is no address mail can be sent to."""

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(f"{address!r} is no usable mail address: {problem}")
        self.address = address


class TokenRefused(NotifierError):
    """A link's token was altered, cut, or belongs to another installation or an older consent."""


class MessageRefused(NotifierError):
    """Something cannot stand in a message; ``part`` names the header, body or slot."""

    def __init__(self, part: str, problem: str) -> None:
        super().__init__(f"no message was made: {part}: {problem}")
        self.part = part


class UnknownLanguage(NotifierError):
    """There are no texts in this language; ``known`` lists those there are."""

    def __init__(self, language: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no texts in language {language!r}; choose one of {', '.join(known)}")
        self.language = language
        self.known = known


class UnknownSubscriber(NotifierError):
    """Nobody subscribed with this address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"nobody subscribed as {address!r}; `fieldfare subscribers` lists who did")
        self.address = address


class NothingToShow(NotifierError):
    """Nothing was ever new to somebody, so that there is no digest of theirs to look at."""

    def __init__(self, address: str) -> None:
        super().__init__(f"nothing was new to {address!r} yet; `fieldfare ingest` takes news in")
        self.address = address


class DeliveryRefused(NotifierError):
    """What is asked for cannot be done to a delivery; the text says why."""

    def __init__(self, delivery: int | str, problem: str) -> None:
        super().__init__(f"delivery {delivery}: {problem}")
        self.delivery = delivery


class UnknownDelivery(DeliveryRefused):
    """There is no delivery of this number, or it is kept no longer."""

    def __init__(self, delivery: int | str) -> None:
        super().__init__(
            delivery, "there is none of that number; `fieldfare deliveries` lists them"
        )


class AccountRefused(NotifierError):
    """An account cannot be, or be changed, as somebody asks for."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"account {name!r}: {problem}")
        self.name = name


class SignInRefused(NotifierError):
    """Somebody does not come in by what a service says of them; ``subject`` is its id of them."""

    def __init__(self, problem: str, subject: str = "") -> None:
        super().__init__(problem)
        self.subject = subject


class ProviderFault(NotifierError):
    """What an OpenID provider answers is not what it has to."""


class MailError(NotifierError):
    """Base of what a transport may report."""


class TransportUnavailable(MailError):
    """No session could be opened: nothing was sent, everything stays queued."""

    def __init__(self, transport: str, problem: str) -> None:
        super().__init__(f"cannot hand mail to {transport}: {problem}; everything stays queued")
        self.transport = transport
        self.problem = problem


class LeaseLost(MailError):
    """A node stood still for so long that another took over what it had claimed."""

    def __init__(self, node: str) -> None:
        super().__init__(
            f"the node {node!r} stood still for too long: what it was about to send is another's"
        )
        self.node = node


class PreferenceRefused(NotifierError):
    """What was asked for contradicts itself; the text says which parts do."""


class UnreadableList(NotifierError):
    """A list of people is of no form that is known; the text says what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the list cannot be read: {problem}")


class CannotListen(NotifierError):
    """The web server's address cannot be bound."""

    def __init__(self, host: str, port: int, problem: str, way_out: str = "set serve.port") -> None:
        super().__init__(f"cannot listen on {host} port {port}: {problem}; free it, or {way_out}")
        self.host = host
        self.port = port


class MailboxUnreadable(NotifierError):
    """The mailbox that mails come back to cannot be read: they stay there for the next look."""

    def __init__(self, mailbox: str, problem: str) -> None:
        super().__init__(f"what comes back cannot be read: {mailbox}: {problem}")
        self.mailbox = mailbox
        self.problem = problem


class SchedulerDied(NotifierError):
    """Nothing beats any more: who watches the daemon is to start it anew."""

    def __init__(self) -> None:
        super().__init__("the scheduler died; the log says why, and a new start begins all jobs")


class DaemonRuns(NotifierError):
    """A second daemon was started on one store; ``holder`` is the process of the first."""

    def __init__(self, store: str, holder: str) -> None:
        super().__init__(f"a daemon ({holder}) already runs on {store}; stop that one first")
        self.holder = holder


class WebhookRefused(NotifierError):
    """What was asked for of a webhook cannot be done, or its receiver would have none of it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"the webhook {name}: {problem}")
        self.webhook = name
        self.problem = problem


class BackupUnusable(NotifierError):
    """A backup cannot be written or put back; what was there before still is."""

    def __init__(self, file: Path, problem: str) -> None:
        super().__init__(f"the backup {file}: {problem}")
        self.file = file
        self.problem = problem
