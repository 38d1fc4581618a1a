"""Other senders of mail, each used as its manual shows, and given finished texts.

Knows their options. Must never be slower than they have to be.
"""

import asyncio
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from xml.sax.saxutils import escape

import aiosmtplib as library

from tests.outbox import SENDER

_POOL = """
const nodemailer = require('nodemailer');
const {port, connections, count, text, html, from} = JSON.parse(process.argv[2]);
const transport = nodemailer.createTransport({host: '127.0.0.1', port, secure: false,
  ignoreTLS: true, pool: true, maxConnections: connections, maxMessages: Infinity});
let next = 0;
async function send() {
  while (next < count) {
    const number = next++;
    await transport.sendMail({from, to: `reader${number}@example.org`, subject: 'News', text, html,
      list: {unsubscribe: {url: `https://news.example.org/${number}`, comment: 'Leave'}}});
  }
}
const started = process.hrtime.bigint();
Promise.all(Array.from({length: 4 * connections}, send)).then(() => {
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
  transport.close();
});
"""


@dataclass(frozen=True, slots=True)
class Peers:
    """Programs of others, installed in ``folder`` when they are first asked for."""

    folder: Path

    def nodemailer(
        self, port: int, connections: int, count: int, text: str, html: str
    ) -> float | None:
        """Seconds its pool takes; None where it cannot be had."""
        npm = shutil.which("npm")
        if npm is None or not _ran([npm, "install", "--prefix", str(self.folder), "nodemailer"]):
            return None
        script = self.folder / "pool.js"
        script.write_text(_POOL)
        given = {
            "port": port,
            "connections": connections,
            "count": count,
            "text": text,
            "html": html,
            "from": SENDER.address,
        }
        done = subprocess.run(
            ["node", str(script), json.dumps(given)], check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    def rss2email(self, port: int, count: int, html: str) -> float | None:
        """Seconds it takes to mail a new feed of so many entries; None where it cannot be had."""
        python, program = self.folder / "r2e/bin/pip", self.folder / "r2e/bin/r2e"
        if not _ran(["python3", "-m", "venv", str(self.folder / "r2e")]):
            return None
        if not _ran([str(python), "install", "rss2email"]):
            return None
        feed = self.folder / "feed.atom"
        feed.write_text(_feed(count, html))
        settings = self.folder / "r2e.cfg"
        files = ["-c", str(settings), "-d", str(self.folder / "r2e.json")]
        _run([str(program), *files, "new", "reader@example.org"])
        settings.write_text(
            settings.read_text()
            .replace("email-protocol = sendmail", "email-protocol = smtp")
            .replace("smtp-server = smtp.yourisp.net:25", f"smtp-server = 127.0.0.1:{port}")
            .replace("html-mail = False", "html-mail = True")
        )
        _run([str(program), *files, "add", "news", feed.as_uri()])
        started = time.perf_counter()
        _run([str(program), *files, "run"])
        return time.perf_counter() - started


def aiosmtplib(port: int, connections: int, count: int, text: str, html: str) -> float:
    """Seconds aiosmtplib takes, a message built for each, as its manual shows."""
    left = iter(range(count))

    async def connection() -> None:
        async with library.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in left:
                message = EmailMessage()
                message["From"] = SENDER.address
                message["To"] = f"reader{number}@example.org"
                message["Subject"] = "News"
                message.set_content(text)
                message.add_alternative(html, subtype="html")
                await client.send_message(message)

    async def all_connections() -> None:
        await asyncio.gather(*(connection() for _ in range(connections)))

    started = time.perf_counter()
    asyncio.run(all_connections())
    return time.perf_counter() - started


def _feed(count: int, html: str) -> str:
    entries = "".join(
        f"<entry><id>urn:x:{number}</id><title>News {number}</title>"
        f"<link href='https://news.example.org/{number}'/><updated>2026-11-24T00:00:00Z</updated>"
        f"<content type='html'>{escape(html)}</content></entry>"
        for number in range(count)
    )
    head = "<title>News</title><id>urn:x:feed</id><updated>2026-11-24T00:00:00Z</updated>"
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{head}{entries}</feed>"


def _ran(command: list[str]) -> bool:
    """Whether it could be done: a registry may be out of reach."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)
