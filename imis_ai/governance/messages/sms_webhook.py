"""The SMS service behind an HTTPS address of the environment. The only HTTP of governance.

One POST per message, `{"to", "text", "reference"}`, with the reference as Idempotency-Key. 2xx is taken, 4xx
is refused, anything else is unclear and never sent again by itself.
"""

import httpx2

from imis_ai.governance.messages.mail import NotTaken, Unclear

TIMEOUT = httpx2.Timeout(15, connect=5)
LATER = (408, 409, 423, 425, 429)


class Webhook:
    """No redirects, and only https, so that no token ever travels in the open or to somebody else."""

    def __init__(self, url: str, token: str, *, transport: httpx2.BaseTransport | None = None) -> None:
        if not url.startswith("https://"):
            raise ValueError("SMS_URL must begin with https://. Correct it in the environment.")
        self._url, self._token, self._transport = url, token, transport

    def send(self, *, to: str, text: str, reference: str) -> str:
        headers = {"Idempotency-Key": reference, "User-Agent": "imis_ai"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = {"to": to, "text": text, "reference": reference}
        try:
            with (
                httpx2.Client(timeout=TIMEOUT, follow_redirects=False, transport=self._transport) as client,
                client.stream("POST", self._url, json=body, headers=headers) as answer,
            ):
                return self._judge(answer)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            text = f"The SMS service cannot be reached ({type(error).__name__})."
            raise NotTaken(text, is_final=False) from None
        except httpx2.HTTPError as error:
            raise Unclear(f"The SMS service went away ({type(error).__name__}).") from None

    def _judge(self, answer: httpx2.Response) -> str:
        code = answer.status_code
        if 200 <= code < 300:
            return answer.headers.get("X-Message-Id", "")[:100]
        if code in LATER:
            raise NotTaken(f"The SMS service answered {code}.", is_final=False)
        if 400 <= code < 500:
            raise NotTaken(f"The SMS service refused it with code {code}.", is_final=True)
        raise Unclear(f"The SMS service answered {code}.")
