"""A mailbox at a real Dovecot, reached by IMAP and POP3, readable and encrypted.

Knows its settings, and how it starts and ends without touching the machine's own. Must never know
what is in the mailbox.
"""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from tests import services
from tests.command import until

OWNER, OWNERS_PASSWORD = "bounces@news.example", "a-password-of-tests"

_SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
default_internal_user = dovecot
default_login_user = dovenull
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service anvil {{
  chroot =
}}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={{plain}}{password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A running one, whose ``ports`` are called imap, imaps, pop3 and pop3s."""

    ports: Mapping[str, int]
    folder: Path
    owner: pwd.struct_passwd

    def put(self, name: str, mail: bytes, within: str = "") -> None:
        """The mail has come to the inbox, or to a folder below it."""
        root = self.folder / within
        for part in ("new", "cur", "tmp"):
            (root / part).mkdir(exist_ok=True, parents=True)
            os.chown(root / part, self.owner.pw_uid, self.owner.pw_gid)
        os.chown(root, self.owner.pw_uid, self.owner.pw_gid)
        file = root / "new" / name
        file.write_bytes(mail)
        os.chown(file, self.owner.pw_uid, self.owner.pw_gid)

    def kept(self) -> list[str]:
        """The names of what is in the inbox, with what Dovecot says of each."""
        files = (file for part in ("new", "cur") for file in (self.folder / part).glob("*"))
        return sorted(file.name for file in files)


@contextmanager
def dovecot(authority: trustme.CA) -> Iterator[Dovecot]:
    """It runs, with a certificate that ``authority`` signed. Raises Missing."""
    if os.geteuid() != 0:
        raise services.Missing("root, which Dovecot wants,", "no package for that")
    program = services.program("dovecot", "dovecot-imapd")
    services.program("pop3-login", "dovecot-pop3d", Path("/usr/lib/dovecot"))
    # Not pytest's folder, which is closed to the users it runs as.
    with TemporaryDirectory(prefix="fieldfare-") as name:
        folder, owner = Path(name), pwd.getpwnam("nobody")
        folder.chmod(0o755)
        ports = {each: services.free_port() for each in ("imap", "imaps", "pop3", "pop3s")}
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        (folder / "run").mkdir()
        running = Dovecot(ports=ports, folder=folder / "mail", owner=owner)
        running.put("warm-up", b"")
        (folder / "mail" / "new" / "warm-up").unlink()
        ids = {"uid": owner.pw_uid, "gid": owner.pw_gid}
        told = {"folder": folder, "password": OWNERS_PASSWORD, **ids, **ports}
        (folder / "dovecot.conf").write_text(_SETTINGS.format(**told))
        command = [program, "-F", "-c", str(folder / "dovecot.conf")]
        with services.answering(command, ports["imap"]):
            until(lambda: all(map(services.is_open, ports.values())))
            yield running
