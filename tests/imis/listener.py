"""A server of raw bytes on loopback, to see what reaches it and to answer as no decent server does."""

import contextlib
import socket
import ssl
import threading


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
                while data := connection.recv(65536):
                    self.received += data
                    self.answer(connection, data)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.socket.close()
