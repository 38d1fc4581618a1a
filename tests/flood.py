"""Many requests at once over a few connections that are kept: what an attacker's program does.

Knows HTTP/1.1 as far as that takes, as a client that does more would be what is measured. Must
never know what is asked, or what is answered but its status.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

_HEAD_ENDS = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Form:
    """What is typed, and from where it comes, as a proxy of ours says."""

    client: str
    fields: Mapping[str, str]

    def request(self, path: str) -> bytes:
        """As it is sent."""
        body = urlencode(self.fields).encode()
        lines = (
            f"POST {path} HTTP/1.1",
            "Host: news.example.org",
            f"X-Forwarded-For: {self.client}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join(lines).encode() + _HEAD_ENDS + body


def posted(ports: Sequence[int], path: str, forms: Iterable[Form], lines: int) -> Counter[int]:
    """How often which status was answered, to all of the forms, over ``lines`` to each port."""
    return asyncio.run(_posted(ports, path, iter(forms), lines))


async def _posted(
    ports: Sequence[int], path: str, forms: Iterator[Form], lines: int
) -> Counter[int]:
    said: Counter[int] = Counter()
    each_line = [_one_line(port, path, forms, said) for port in ports for _ in range(lines)]
    await asyncio.gather(*each_line)
    return said


async def _one_line(port: int, path: str, forms: Iterator[Form], said: Counter[int]) -> None:
    """One form after the other, each taken once."""
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    for form in forms:
        writing.write(form.request(path))
        head = (await reading.readuntil(_HEAD_ENDS)).lower()
        _, _, length = head.partition(b"content-length:")
        await reading.readexactly(int(length.split(b"\r\n")[0]))
        said[int(head.split()[1])] += 1
    writing.close()
