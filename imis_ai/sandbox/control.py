"""The control plane under /_sandbox/: what a test needs to see and to cause.

No part of iMIS; needs no token.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from imis_ai.sandbox import notifications, wire
from imis_ai.sandbox.association.truth import truth
from imis_ai.sandbox.edits import Edits


class Control:
    """GET log, truth, usage, faults; POST faults, edit, notify, reset, and DELETE log or usage to start
    counting anew.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.edits = Edits(app)
        self.truth: bytes | None = None
        self.routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "log"): lambda _: app.store.log,
            ("GET", "usage"): lambda _: app.usage.report() | {"failures": app.failures},
            ("GET", "faults"): lambda _: app.faults.report(),
            ("GET", "truth"): self._truth,
            ("GET", "now"): lambda _: {"now": app.store.clock.text(), "today": app.store.options.today},
            ("GET", "notify"): lambda _: app.notifier.report(),
            ("POST", "faults"): lambda body: app.faults.replace(body),
            ("POST", "edit"): self.edits.apply,
            ("POST", "notify"): lambda body: notifications.order(app, body),
            ("POST", "reset"): self._reset,
            ("DELETE", "log"): lambda _: app.store.log.clear(),
            ("DELETE", "usage"): lambda _: app.usage.clear(),
            ("DELETE", "faults"): lambda _: app.faults.replace([]),
        }

    def answer(self, request: Any) -> wire.Answer:
        """One control call. An edit that makes no sense is a 400 with one sentence."""
        action = self.routes.get((request.method, "/".join(request.parts[1:]).lower()))
        if action is None:
            raise wire.Refusal(404, wire.http_error("No such control; see imis_ai/sandbox/control.py."))
        try:
            body = msgspec.json.decode(request.body) if request.body else {}
            found = action(body)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            raise wire.Refusal(
                400, wire.http_error(f"The control request is not understood: {error!r}")
            ) from error
        return found if isinstance(found, wire.Answer) else wire.Answer(200, wire.encode(found))

    def _truth(self, _: Any) -> wire.Answer:
        if self.truth is None:
            self.truth = wire.encode(truth(self.app.store.association))
        return wire.Answer(200, self.truth)

    def _reset(self, _: Any) -> dict[str, bool]:
        """Back to the freshly generated association; the journal is emptied."""
        self.app.reset()
        return {"reset": True}
