"""The HTTP/2 side of the test server: one connection, one thread, flow control kept.

Knows frames. Must never know what is answered.
"""

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events

if TYPE_CHECKING:
    from tests.publisher.server import Publisher, Response


def serve_http2(connected: socket.socket, publisher: "Publisher") -> None:
    """Answers every request of a connection, one after the other, until the client hangs up."""
    state = h2.connection.H2Connection(
        h2.config.H2Configuration(client_side=False, header_encoding="latin-1")
    )
    state.initiate_connection()
    connected.sendall(state.data_to_send())
    talk = _Talk(connected, state, publisher)
    while not publisher.over.is_set() and talk.listen():
        pass


class _Talk:
    def __init__(
        self, connected: socket.socket, state: h2.connection.H2Connection, publisher: "Publisher"
    ) -> None:
        self._connected = connected
        self._state = state
        self._publisher = publisher
        self._asked: dict[int, list[tuple[str, str]]] = {}
        self._bodies: dict[int, bytes] = {}
        self._reset: set[int] = set()

    def listen(self) -> bool:
        """Whether the client still talks; what it asked meanwhile is answered."""
        ended = self._hear()
        for stream in ended or ():
            self._answer(stream)
        return ended is not None

    def _hear(self) -> list[int] | None:
        """The streams whose requests are whole now, None once the client is gone."""
        data = self._connected.recv(65_536)
        if not data:
            return None
        ended = []
        for event in self._state.receive_data(data):
            match event:
                case h2.events.RequestReceived(stream_id=int(stream), headers=headers):
                    self._asked[stream] = [(str(key), str(value)) for key, value in headers or ()]
                    self._bodies[stream] = b""
                case h2.events.DataReceived(stream_id=int(stream), data=bytes(body)):
                    self._bodies[stream] += body
                    self._state.acknowledge_received_data(event.flow_controlled_length or 0, stream)
                case h2.events.StreamEnded(stream_id=int(stream)):
                    ended.append(stream)
                case h2.events.StreamReset(stream_id=int(stream)):
                    self._reset.add(stream)
                case h2.events.ConnectionTerminated():
                    return None
                case _:
                    pass
        self._connected.sendall(self._state.data_to_send())
        return ended

    def _answer(self, stream: int) -> None:
        from tests.publisher.server import Raw, Request  # noqa: PLC0415 (they know each other)

        fields = dict(self._asked[stream])
        request = Request(
            method=fields[":method"],
            target=fields[":path"],
            headers=(
                ("Host", fields[":authority"]),
                *(field for field in self._asked[stream] if not field[0].startswith(":")),
            ),
            body=self._bodies[stream],
            version="HTTP/2",
        )
        answer = self._publisher.answer(request)
        if isinstance(answer, Raw):
            for piece in answer.pieces:
                self._connected.sendall(piece)
            raise ConnectionError("that was all")
        self._respond(stream, answer)

    def _respond(self, stream: int, response: "Response") -> None:
        headers = [(name.lower(), value) for name, value in response.headers]
        self._state.send_headers(stream, [(":status", str(response.status)), *headers])
        body = (response.body,) if isinstance(response.body, bytes) else response.body
        for piece in body:
            for part in self._allowed(stream, piece):
                self._state.send_data(stream, part)
                self._connected.sendall(self._state.data_to_send())
            if stream in self._reset or self._publisher.over.is_set():
                return
        self._state.end_stream(stream)
        self._connected.sendall(self._state.data_to_send())

    def _allowed(self, stream: int, piece: bytes) -> Iterator[bytes]:
        """The piece in the parts the client has room for."""
        self._connected.sendall(self._state.data_to_send())
        while piece:
            room = self._state.local_flow_control_window(stream)
            size = min(room, self._state.max_outbound_frame_size, len(piece))
            if size:
                yield piece[:size]
                piece = piece[size:]
            elif self._hear() is None or stream in self._reset:
                raise ConnectionError("the client went away")
