"""From a bare machine to two nodes and back from a backup: the very commands of the docs."""

import re

import pytest

from tests import services
from tests.machines import CLONE, Machine, machines
from tests.transcript import Step, steps

#: What else each machine is called: the name service of the docs.
CALLED = {"one": ["news.seeboden-water.net", "mail.seeboden-water.net"], "two": []}
SHARED = "/srv/news"
SETTINGS = "/etc/fieldfare/fieldfare.toml"
AUTHORITY = "/usr/local/share/ca-certificates/seeboden-water.crt"
#: What the docs have their reader type, and what is done in its place: the packages of Debian are
#: there already, and what they set up is not; the program is laid out as its own package does it.
STAND_INS = {
    "apt install --yes nginx openssl postfix postgresql": """
rm -rf /etc/postgresql/*/main /var/lib/postgresql/*/main
pg_createcluster 15 main -- --no-sync >/dev/null
cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
newaliases
systemctl start postgresql@15-main postfix nginx""",
    "apt install --yes postgresql-client": "",
    "apt install --yes git make python3-venv": "",
    # What it does for all the authorities of the world takes seconds.
    "update-ca-certificates": f"""
cat {AUTHORITY} >>/etc/ssl/certs/ca-certificates.crt
ln -s {AUTHORITY} "/etc/ssl/certs/$(openssl x509 -noout -hash -in {AUTHORITY}).0\"""",
    "git pull": "",
    "make deb": "",
    # What an administrator changed or took away stays so, as dpkg has it.
    "apt install --yes ./dist/fieldfare_*.deb": f"""
[ ! -d /etc/fieldfare ] || cp --archive /etc/fieldfare /run/kept
{CLONE}/deploy/debian-files /
[ ! -d /run/kept ] || {{ rm {SETTINGS}; cp --archive /run/kept/. /etc/fieldfare; }}
{CLONE}/deploy/postinst configure""",
}
_COPIED = re.compile(r"scp -p one:(\S+) (\S+)")


def test_the_commands_of_the_docs_lead_from_bare_machines_to_two_nodes_and_back() -> None:
    """Each does what the page says that it prints; no daemon has met a bug meanwhile."""
    try:
        with machines(CALLED, shared=SHARED) as (one, two):
            places = {"": [one], "two": [two], "both": [one, two]}
            for step in steps("operate/whole.md"):
                _done(step, places[step.place], one)
            for machine in places["both"]:
                machine.types("! journalctl --quiet --unit=fieldfare --grep=Traceback")
    except services.Missing as missing:
        pytest.skip(str(missing))


def _done(step: Step, places: list[Machine], one: Machine) -> None:
    lines = [_stood_in(line, one) for line in step.commands.splitlines()]
    said = "".join(machine.types("\n".join(lines)) for machine in places)
    # How wide a column is depends on what stands in it.
    words = " ".join(said.split())
    missing = [line for line in step.printed if " ".join(line.split()) not in words]
    assert not missing, f"{step.commands}\n{said}"


def _stood_in(line: str, one: Machine) -> str:
    """What is typed in its place; what is copied by ssh is handed over here."""
    if copied := _COPIED.fullmatch(line):
        packed = one.types(
            f"tar --create --absolute-names --transform='s,.*/,,' {copied[1]} | base64"
        )
        unpack = f"tar --extract --overwrite --no-same-owner --directory={copied[2]}"
        return f"base64 --decode <<END | {unpack}\n{packed}END"
    return STAND_INS.get(line, line)
