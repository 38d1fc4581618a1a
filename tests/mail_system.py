"""A real mail system for tests: Postfix takes mails, Dovecot shows them by IMAP.

Knows their settings, and how they start and end without touching the machine's own. Must never
know who sends. Postfix wants root.
"""

import grp
import imaplib
import os
import pwd
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import services
from tests.command import until

#: The one host name of this system, and the domain of its mailboxes.
HOST, DOMAIN = "mx.example.org", "example.org"
#: Whose mail Postfix hands on: to a server far away, and to the house that wrote.
FAR, HOME = "far.example.org", "news.example.net"
PASSWORD = "a-password-of-tests"
_START_SECONDS = 20

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = {host}
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtputf8_enable = yes
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:everybody/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relay_domains = {far}, {home}
transport_maps = regexp:{folder}/transport
lmtp_destination_recipient_limit = 1
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
smtpd_recipient_restrictions = check_recipient_access regexp:{folder}/recipients,
 permit_mynetworks, reject
"""
_RECIPIENTS = """
/^nobody@/ 550 5.1.1 no such mailbox
/^full@/ 452 4.2.2 mailbox full
/^policy@/ 554 5.7.1 not from you
"""
#: A server of somebody else's, by SMTP, and where what comes back goes, by LMTP.
_TRANSPORT = r"""
/@{far}$/ smtp:[127.0.0.1]:{far_port}
/@{home}$/ lmtp:inet:127.0.0.1:{home_port}
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = dovecot
default_login_user = dovenull
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
mail_location = maildir:{folder}/mail/everybody
first_valid_uid = 1
passdb {{
  driver = static
  args = password={{plain}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
"""


@dataclass(slots=True, kw_only=True)
class MailSystem:
    """A running Postfix with the Dovecot behind it, reached on loopback ports of their own."""

    folder: Path
    port: int
    imap_port: int
    far_port: int
    home_port: int

    def start(self) -> None:
        """Postfix takes mails."""
        subprocess.run(self._postfix("start"), check=True, capture_output=True)
        until(lambda: services.is_open(self.port))

    def stop(self) -> None:
        """Postfix takes none."""
        subprocess.run(self._postfix("stop"), check=False, capture_output=True)

    def mails(self, *recipients: str) -> dict[str, bytes]:
        """The last message to each, read by IMAP once all are there. Raises TimeoutError."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with imaplib.IMAP4("127.0.0.1", self.imap_port) as client:
                client.login("everybody", PASSWORD)
                client.select(readonly=True)
                numbers = client.search(None, "ALL")[1][0].split()
                mails = [_fetched(client, number.decode()) for number in numbers]
            found = {_recipient(mail): mail for mail in mails}
            if found.keys() >= set(recipients):
                return {recipient: found[recipient] for recipient in recipients}
            time.sleep(0.1)
        raise TimeoutError((self.folder / "log").read_text())

    def counts(self, *recipients: str) -> Counter[str]:
        """How many messages for each Postfix took that are in the mailbox by now; one that it
        brought there twice, as it was stopped meanwhile, is one.
        """
        mails = (self.folder / "mail" / "everybody" / "new").glob("*")
        taken = {
            (_recipient(mail), _queue_id(mail)) for mail in (each.read_bytes() for each in mails)
        }
        found = Counter(recipient for recipient, _ in taken)
        return Counter({each: found[each] for each in recipients if each in found})

    def _postfix(self, verb: str) -> list[str]:
        return [services.program("postfix", "postfix"), "-c", str(self.folder / "postfix"), verb]


def _fetched(client: imaplib.IMAP4, number: str) -> bytes:
    answer = client.fetch(number, "(BODY.PEEK[])")[1][0]
    assert isinstance(answer, tuple)
    return answer[1]


def _recipient(mail: bytes) -> str:
    """Whom Postfix was told to bring it to."""
    line = next(line for line in mail.splitlines() if line.startswith(b"X-Original-To: "))
    return line.partition(b": ")[2].decode()


def _queue_id(mail: bytes) -> bytes:
    """By which name Postfix had it in its queue."""
    found = re.search(rb"\bwith \w*SMTP\w* id (\w+)", mail)
    assert found
    return found[1]


@contextmanager
def mail_system() -> Iterator[MailSystem]:
    """Both run; afterwards neither does. Raises Missing."""
    if os.geteuid() != 0:
        raise services.Missing("root, which Postfix wants,", "no package for that")
    dovecot = services.program("dovecot", "dovecot-imapd")
    # Not pytest's folder, which is closed to the users these run as.
    with TemporaryDirectory(prefix="fieldfare-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        ports = ("port", "imap_port", "far_port", "home_port")
        system = MailSystem(folder=folder, **{name: services.free_port() for name in ports})
        _configure(system)
        system.start()
        command = [dovecot, "-F", "-c", str(folder / "dovecot.conf")]
        try:
            with services.answering(command, system.imap_port):
                yield system
        finally:
            system.stop()


def _configure(system: MailSystem) -> None:
    """What both read is in the folder, and who they run as may write where they do."""
    folder, owner = system.folder, pwd.getpwnam("postfix")
    keeper = pwd.getpwnam("nobody")
    told = {
        "folder": folder,
        "daemons": next(p for p in _DAEMONS if (p / "smtpd").exists()),
        "host": HOST,
        "domain": DOMAIN,
        "far": FAR,
        "home": HOME,
        "far_port": system.far_port,
        "home_port": system.home_port,
        "uid": keeper.pw_uid,
        "gid": keeper.pw_gid,
        "password": PASSWORD,
    }
    for place in ("postfix", "queue", "data", "mail", "run"):
        (folder / place).mkdir()
    os.chown(folder / "data", owner.pw_uid, grp.getgrnam("postdrop").gr_gid)
    os.chown(folder / "mail", keeper.pw_uid, keeper.pw_gid)
    (folder / "recipients").write_text(_RECIPIENTS)
    (folder / "transport").write_text(_TRANSPORT.format(**told))
    (folder / "postfix" / "main.cf").write_text(_MAIN.format(**told))
    (folder / "postfix" / "master.cf").write_text(_MASTER.format(port=system.port))
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**told, port=system.imap_port))


_DAEMONS = (Path("/usr/lib/postfix/sbin"), Path("/usr/libexec/postfix"), Path("/usr/lib/postfix"))
