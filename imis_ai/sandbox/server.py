"""The HTTP side: keep-alive, one thread per connection, and `start` for tests."""

import contextlib
import datetime as dt
import socket
import socketserver
import threading
from collections.abc import Iterator
from email.utils import format_datetime
from http.client import responses
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import msgspec

from imis_ai.sandbox import archive, wire
from imis_ai.sandbox.app import App, call
from imis_ai.sandbox.association import generate
from imis_ai.sandbox.faults import Cut
from imis_ai.sandbox.store import ZONE, Clock, Options, Store

MOST_BODY = 32 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """Reads a request, hands it to the app, writes head and body in one piece."""

    protocol_version = "HTTP/1.1"
    server: "Server"
    timeout = 300

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), MOST_BODY)
        body = self.rfile.read(length) if length else b""
        request = call(self.command, self.path, body, self.headers.get("Authorization", ""))
        try:
            answer = self.server.app.answer(request)
        except Cut:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.close_connection = self.close_connection or answer.missing > 0
        self.wfile.write(self._head(answer) + answer.body)

    def _head(self, answer: wire.Answer) -> bytes:
        """Status line and headers. Date is the site's clock, whatever the machine's says."""
        now = self.server.app.store.clock.now().replace(tzinfo=ZONE).astimezone(dt.UTC)
        head = [
            f"HTTP/1.1 {answer.status} {answer.reason or responses.get(answer.status, '')}",
            f"Date: {format_datetime(now, usegmt=True)}",
            f"Content-Length: {len(answer.body) + answer.missing}",
        ]
        head += [f"{name}: {value}" for name, value in answer.headers]
        return "\r\n".join([*head, "", ""]).encode("latin-1")

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  the names that http.server asks for

    def log_message(self, *_: Any) -> None:
        """Quiet: what matters is in /_sandbox/log and /_sandbox/usage."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], app: App) -> None:
        self.app = app
        self.open: set[socket.socket] = set()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep alive, so that their threads end too."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def site(options: Options) -> App:
    """A ready site for these options.

    With a store, the association and the journal found there are taken up again.
    """
    clock_starts = options.today
    journal = _open_store(options) if options.store else None
    options.today = options.today or dt.datetime.now(ZONE).date().isoformat()

    def make() -> Store:
        if options.archive:
            association = archive.read(Path(options.archive), options)
        else:
            association = generate(members=options.members, seed=options.seed, today=options.today)
        return Store(association, options, Clock(clock_starts), journal=journal)

    return App(make)


def _open_store(options: Options) -> Path:
    """The journal in the store's folder; members, seed and day are those with which the store began."""
    folder = Path(options.store)
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / "site.json"
    if about.exists():
        kept = msgspec.json.decode(about.read_bytes())
        options.members, options.seed = kept["members"], kept["seed"]
        options.today = kept["today"]
    else:
        options.today = options.today or dt.datetime.now(ZONE).date().isoformat()
        about.write_bytes(
            msgspec.json.encode({"members": options.members, "seed": options.seed, "today": options.today})
        )
    return folder / "journal.jsonl"


class Running:
    """A sandbox in a thread of this process."""

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.server = Server(("127.0.0.1", port), app)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.hang_up()
        self.server.server_close()
        self.thread.join()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(*, members: int = 300, seed: int = 1, today: str = "", port: int = 0, **options: Any) -> Running:
    """Start a sandbox in this process; `options` as in store.Options.

    Use as a context manager or call stop().
    """
    return Running(site(Options(members=members, seed=seed, today=today, **options)), port)


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Running]:
    """As `start`, for a with statement."""
    with start(**options) as found:
        yield found
