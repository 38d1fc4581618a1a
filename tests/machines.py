"""Bare machines beside this one: each has its own root, network and processes, and a systemd.

Knows how they begin (tests/bare_machine.sh), are reached and end, and how the program gets there.
Must never know what is tried on them. They want root.
"""

import base64
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import services
from tests.command import PATIENCE_SECONDS

ROOT = Path(__file__).parents[1]
#: What a login as root has, on Debian.
_ENVIRONMENT = {
    "HOME": "/root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
#: Where each machine has the clone that the tests are of.
CLONE = "/usr/src/fieldfare"
_DONE = "-- all of it was done --"
_PROGRAM = "/usr/lib/fieldfare"
#: The Python of the tests, and what the program uses. Both may lie where a service sees nothing.
_PYTHON, _USED = "/usr/lib/python-of-tests", "/usr/lib/used-by-tests"


#: What each of them begins with, for a moment.
_TRIED = """
mount --make-rprivate /
mkdir "$1"/{tried,upper,work}
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/tried"
umount "$1/tried"
mount -t cgroup2 cgroup2 "$1/tried"
mkdir "$1/tried/fieldfare-tried"
rmdir "$1/tried/fieldfare-tried"
umount "$1/tried"
ip link add lan type bridge
ip link add one type veth peer name two
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A running one; ``address`` is its own in the network of all of them, and somebody sits there
    at a shell.
    """

    name: str
    address: str
    init: int
    shell: subprocess.Popen[bytes]

    def types(self, commands: str) -> str:
        """What is said there to what root types, which all succeeded. Raises AssertionError."""
        assert self.shell.stdin
        assert self.shell.stdout
        typed = base64.b64encode(f"{commands}\n".encode()).decode()
        self.shell.stdin.write(
            f'eval "$(base64 --decode <<<{typed})" </dev/null 2>&1; echo {_DONE}\n'.encode()
        )
        self.shell.stdin.flush()
        said = ""
        late = threading.Timer(PATIENCE_SECONDS, self.shell.kill)
        late.start()
        try:
            for line in self.shell.stdout:
                said += line.decode()
                if said.endswith(f"{_DONE}\n"):
                    return said.removesuffix(f"{_DONE}\n")
        finally:
            late.cancel()
        raise AssertionError(f"{self.name}: {commands}\n{said}")


@contextmanager
def machines(called: Mapping[str, Sequence[str]], shared: str) -> Iterator[tuple[Machine, ...]]:
    """They run, know each other by name and by what else each is ``called``, and have the folder
    ``shared`` in common. The program lies where its package puts it, and nothing is set up.
    Afterwards nothing is left of them. Raises Missing.
    """
    if os.geteuid() != 0:
        raise services.Missing("root, which machines of their own want,", "no package for that")
    services.program("systemctl", "systemd")
    services.program("ip", "iproute2")
    with TemporaryDirectory(prefix="fieldfare-") as name, ExitStack() as running:
        _ask_whether_they_may_be(name)
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "shared").mkdir()
        _lay_out(folder / "program")
        bound = [
            f"{folder}/program={_PROGRAM}",
            f"{folder}/shared={shared}",
            f"{ROOT}={CLONE}",
            f"{sys.base_prefix}={_PYTHON}",
            f"{sysconfig.get_path('purelib')}={_USED}",
        ]
        every = tuple(
            running.enter_context(_machine(each, f"10.77.0.{number}", folder / each, bound))
            for number, each in enumerate(called, 1)
        )
        _join(every, called)
        yield every


def _ask_whether_they_may_be(folder: str) -> None:
    """A kernel may lack a part, and a container keep root from it. Raises Forbidden."""
    namespaces = "--mount --pid --net --uts --ipc --cgroup --fork".split()
    command = ["unshare", *namespaces, "bash", "-euc", _TRIED, "bash", folder]
    asked = subprocess.run(command, capture_output=True, check=False)
    if asked.returncode:
        raise services.Forbidden("machines of their own", asked.stderr.decode(errors="replace"))


@contextmanager
def _machine(name: str, address: str, work: Path, bound: Sequence[str]) -> Iterator[Machine]:
    work.mkdir()
    begins = ["unshare", "--mount", "bash", str(ROOT / "tests" / "bare_machine.sh")]
    pipe = subprocess.PIPE
    with subprocess.Popen([*begins, name, str(work), "/", *bound], stdout=pipe) as process:
        assert process.stdout
        told = process.stdout.readline()
        assert told, f"{name} did not start"
        enters = ["nsenter", f"--target={int(told)}", "--all", "bash", "-euo", "pipefail"]
        with subprocess.Popen(enters, env=_ENVIRONMENT, stdin=pipe, stdout=pipe) as shell:
            machine = Machine(name=name, address=address, init=int(told), shell=shell)
            try:
                # Where its library is, whoever may not see where it was built for.
                machine.types(f"echo {_PYTHON}/lib >/etc/ld.so.conf.d/0.conf; ldconfig; cd")
                machine.types("until systemctl is-active --quiet basic.target; do sleep 0.1; done")
                yield machine
            finally:
                process.terminate()


def _lay_out(program: Path) -> None:
    """What a package has of the program itself: its rooms, and the command."""
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = program / "lib" / python / "site-packages"
    for room in ("config", "feeds", "notifier"):
        shutil.copytree(ROOT / room, packages / room)
    (packages / "used.pth").write_text(f"{_USED}\n")
    (program / "bin").mkdir()
    (program / "bin" / "python3").symlink_to(f"{_PYTHON}/bin/{python}")
    (program / "pyvenv.cfg").write_text(f"home = {_PYTHON}/bin\n")
    command = program / "bin" / "fieldfare"
    command.write_text(f"#!{_PROGRAM}/bin/python3\nfrom notifier.cli import main\nmain()\n")
    command.chmod(0o755)


def _join(machines: Sequence[Machine], called: Mapping[str, Sequence[str]]) -> None:
    """Each reaches each, by its name."""
    first, *others = machines

    def ip(machine: Machine, *words: str) -> None:
        enters = ["nsenter", f"--target={machine.init}", "--net", "ip"]
        subprocess.run([*enters, *words], check=True)

    ip(first, "link", "add", "lan", "type", "bridge")
    for other in others:
        ends = ["type", "veth", "peer", "name", "lan", "netns", str(other.init)]
        ip(first, "link", "add", f"to-{other.name}", *ends)
        ip(first, "link", "set", f"to-{other.name}", "master", "lan", "up")
    names = "127.0.0.1 localhost\n"
    for machine in machines:
        names += " ".join([machine.address, machine.name, *called[machine.name]]) + "\n"
    for machine in machines:
        ip(machine, "address", "add", f"{machine.address}/24", "dev", "lan")
        ip(machine, "link", "set", "lan", "up")
        machine.types(f"cat >/etc/hosts <<END\n{names}END")
