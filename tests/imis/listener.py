"""A server of raw bytes on loopback, to see what reaches it and to answer as no decent server does."""

import contextlib
import re
import socket
import ssl
import threading

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def is_whole(request: bytes) -> bool:
    """Whether a request has arrived with its body, which may come in a packet of its own."""
    if not request.startswith((b"GET ", b"POST ", b"PUT ", b"DELETE ")):
        return True
    head, gap, body = request.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    return bool(gap) and len(body) >= int(length[1] if length else 0)


class Listener:
    """Takes connections on loopback, keeps what it was sent, and answers with what `answer` gives."""

    def __init__(self, answer=lambda connection, request: None, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.answer = answer
        self.tls = tls
        self.connections = 0
        self.received = b""
        self.is_over = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while not self.is_over:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                request = b""
                while data := connection.recv(65536):
                    self.received += data
                    request += data
                    if is_whole(request):
                        self.answer(connection, request)
                        request = b""

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.socket.close()
