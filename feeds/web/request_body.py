"""The body of a request, read as far as it may be long.

Knows HTTP's ways to tell a length. Must never know what a body says, or who is answered what.
"""

from starlette.requests import Request


class BodyTooLong(Exception):
    """A request brings more than ``most`` bytes.

    What is left of it is not read: its connection cannot be used again.
    """

    def __init__(self, most: int) -> None:
        super().__init__(f"a body of more than {most:,} bytes")
        self.most = most


async def body_of(request: Request, most: int) -> bytes:
    """The whole body, ``most`` bytes at most.

    Raises BodyTooLong, without reading where the length was announced; ClientDisconnect.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise BodyTooLong(most)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLong(most)
    return bytes(body)
