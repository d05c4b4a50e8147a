"""A tiny OpenID Connect issuer on this machine: it says what a test tells it to say about one person."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt

CLIENT, SECRET = "imis_ai_here", "a secret between the two"


class Issuer(ThreadingHTTPServer):
    """`claims` is the person; `challenges` are the PKCE challenges by code that a browser brought."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict = {}
        self.challenges: dict[str, str] = {}
        self.seen: list[dict] = []


class Answers(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        url = self.server.url
        if self.path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "me"}
            found = {f"{name}_endpoint": f"{url}/{path}" for name, path in ends.items()}
            methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
            return self.say(found | methods | {"issuer": url, "jwks_uri": f"{url}/keys"})
        return self.say(self.server.claims)

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in body.items()}
        self.server.seen.append(given)
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        proven = self.server.challenges.pop(given.get("code"), None) == challenge
        if not proven or given.get("client_secret") != SECRET:
            return self.say({"error": "invalid_grant"}, 400)
        now = int(time.time())
        words = {"iss": self.server.url, "aud": CLIENT, "iat": now, "exp": now + 60, **self.server.claims}
        token = jwt.encode(words, "k" * 32, algorithm="HS256")
        return self.say({"access_token": "any", "token_type": "Bearer", "id_token": token})

    def say(self, what: dict, status: int = 200) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        """Quiet."""


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.shutdown()
        issuer.server_close()
        thread.join()
