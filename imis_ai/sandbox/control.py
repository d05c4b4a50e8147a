"""The control plane under /_sandbox/: what a test needs to see and to cause. No part of iMIS; needs no token."""

from typing import Any

from imis_ai.sandbox import wire


class Control:
    def __init__(self, app: Any) -> None:
        self.app = app

    def answer(self, request: Any) -> wire.Answer:
        name = "/".join(request.parts[1:]).lower()
        if name == "log":
            return wire.Answer(200, wire.encode(self.app.store.log))
        if name == "usage":
            return wire.Answer(200, wire.encode(self.app.usage.report()))
        raise wire.Refusal(404, wire.http_error("Unknown control."))
