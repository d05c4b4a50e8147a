"""The fault plan: what goes wrong, with which requests, how often.

Rules are tried in order; the first that applies acts. A rule is an object:
`fault` (below), `path` (part of the path or query, any case), `method`, `after` (let so many matches pass),
`times` (act so often; 1 unless `every` or `rate` is given, 0 without end), `every` (act on each n-th match),
`rate` and `seed` (act by reproducible chance).

Faults and their own fields:
429 (retry_after, enforce), 408, 500, 503, 403 (message); 500_after_commit; slow (seconds);
cut_before, cut_after, cut_middle; late_commit (seconds); expired_token;
wrong_page, empty_page, half (every second row missing), html (a sign-in page with status 200), truncated,
huge (bytes); stale (the answer that the same request got before); edit (a control edit just before the
request); clock (seconds).
"""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from imis_ai.sandbox import wire
from imis_ai.sandbox.store import Store

Serve = Callable[[Any], wire.Answer]
CONTACT = "An error occurred. Please contact the administrator."


class Cut(Exception):
    """Close the connection without an answer."""


class Rule:
    """One entry of the plan and how often it has matched and acted."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.seen = self.acted = 0
        self.chance = random.Random(spec.get("seed", 1))  # noqa: S311  reproducible faults, no secret

    def applies(self, request: Any, target: str) -> bool:
        """Count a match and say whether to act on it."""
        spec = self.spec
        if (
            spec.get("path", "").lower() not in target
            or spec.get("method", request.method).upper() != request.method
        ):
            return False
        self.seen += 1
        most = spec.get("times", 0 if {"every", "rate"} & set(spec) else 1)
        if self.seen <= spec.get("after", 0) or (most and self.acted >= most):
            return False
        if "every" in spec and (self.seen - spec.get("after", 0)) % spec["every"]:
            return False
        if "rate" in spec and self.chance.random() >= spec["rate"]:
            return False
        self.acted += 1
        return True


class Faults:
    def __init__(self, app: Any) -> None:
        self.app = app
        self.rules: list[Rule] = []
        self.lock = threading.Lock()
        self.blocked_until = 0.0
        self.too_early = 0
        self.before: dict[str, wire.Answer] = {}
        self.kinds: dict[str, Callable[[dict[str, Any], Any, Serve], wire.Answer]] = {
            "429": self._too_many,
            "408": self._status(408, "Request timed out."),
            "500": self._status(500, CONTACT),
            "503": self._status(503, "Service unavailable."),
            "403": self._status(403, "You do not have permission."),
            "500_after_commit": self._after_commit,
            "slow": self._slow,
            "cut_before": self._cut_before,
            "cut_after": self._cut_after,
            "late_commit": self._late,
            "expired_token": self._expired,
            "wrong_page": self._wrong_page,
            "empty_page": self._empty_page,
            "html": self._html,
            "truncated": self._truncated,
            "huge": self._huge,
            "stale": self._stale,
            "half": self._half,
            "edit": self._edit,
            "clock": self._clock,
            "cut_middle": self._cut_middle,
        }

    @property
    def store(self) -> Store:
        return self.app.store

    def replace(self, plan: Any) -> dict[str, Any]:
        """Set the plan: a list of rules, or {"rules": [...]}. Raises ValueError for an unknown fault."""
        rules = plan.get("rules", []) if isinstance(plan, dict) else plan
        for rule in rules:
            if str(rule["fault"]) not in self.kinds:
                raise ValueError(f"fault {rule['fault']!r} is not one of {', '.join(self.kinds)}")
        with self.lock:
            self.rules = [Rule(rule) for rule in rules]
            self.blocked_until = 0.0
            self.too_early = 0
        return self.report()

    def report(self) -> dict[str, Any]:
        """The plan with its counts; `too_early` counts requests that came before a Retry-After had passed."""
        rules = [rule.spec | {"matched": rule.seen, "acted": rule.acted} for rule in self.rules]
        return {"rules": rules, "too_early": self.too_early}

    def around(self, request: Any, serve: Serve) -> wire.Answer:
        """Serve a request, with what the plan does to it."""
        target = request.target.lower()
        with self.lock:
            self.too_early += time.monotonic() < self.blocked_until
            rule = next((r for r in self.rules if r.applies(request, target)), None)
        if rule is None:
            return self._keep(request, serve)
        return self.kinds[str(rule.spec["fault"])](rule.spec, request, serve)

    def _keep(self, request: Any, serve: Serve) -> wire.Answer:
        """Serve, and remember the answer while the plan may want it stale."""
        answer = serve(request)
        if request.method == "GET" and any(str(r.spec["fault"]) == "stale" for r in self.rules):
            self.before.setdefault(request.target, answer)
        return answer

    def _status(self, status: int, message: str) -> Callable[[dict[str, Any], Any, Serve], wire.Answer]:
        def answer(spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
            raise wire.Refusal(status, wire.http_error(spec.get("message", message)))

        return answer

    def _too_many(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        headers = []
        if "retry_after" in spec:
            headers = [("Retry-After", str(spec["retry_after"]))]
            self.blocked_until = time.monotonic() + float(spec.get("enforce", spec["retry_after"]))
        raise wire.Refusal(429, wire.http_error("Too many requests."), "Too Many Requests", headers)

    def _after_commit(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        serve(request)
        raise wire.Refusal(500, wire.http_error(CONTACT))

    def _slow(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        time.sleep(float(spec.get("seconds", 5)))
        return serve(request)

    def _cut_before(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        raise Cut

    def _cut_after(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        serve(request)
        raise Cut

    def _cut_middle(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """Half of the promised body, then the connection is gone."""
        answer = serve(request)
        half = len(answer.body) // 2
        return answer._replace(body=answer.body[:half], missing=len(answer.body) - half)

    def _late(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """The connection is lost; the write happens some seconds later all the same."""
        threading.Timer(float(spec.get("seconds", 2)), self._quietly, [request, serve]).start()
        raise Cut

    def _quietly(self, request: Any, serve: Serve) -> None:
        try:
            serve(request)
        except wire.Refusal as refusal:
            self.store.record(
                {
                    "at": self.store.clock.text(),
                    "method": "LATE",
                    "path": request.path,
                    "query": [],
                    "user": "",
                    "body": None,
                    "status": refusal.answer.status,
                }
            )

    def _expired(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        self.app.tokens.expire_all()
        return serve(request)

    def _page(self, answer: wire.Answer, change: Callable[[dict[str, Any]], None]) -> wire.Answer:
        page = msgspec.json.decode(answer.body)
        if isinstance(page, dict) and "Items" in page:
            change(page)
        return answer._replace(body=wire.encode(page))

    def _wrong_page(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """The first page again, under the offset that was asked for."""
        wanted = request.value("offset", "0")
        other = request.at_offset(0)
        return self._page(
            serve(other), lambda page: page.update({"Offset": spec.get("says", int(wanted or 0))})
        )

    def _empty_page(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """No items although the total says otherwise."""
        return self._page(
            serve(request), lambda page: (page["Items"]["$values"].clear(), page.update({"Count": 0}))[1]
        )

    def _half(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """Every second row missing, and consistently so: what a lost permission looks like."""

        def halve(page: dict[str, Any]) -> None:
            kept = page["Items"]["$values"][::2]
            page["Items"]["$values"] = kept
            page["Count"] = len(kept)

        return self._page(serve(request), halve)

    def _html(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        body = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Alder Institute</body></html>"
        return wire.Answer(200, body, headers=(("Content-Type", "text/html; charset=utf-8"),))

    def _truncated(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        answer = serve(request)
        return answer._replace(body=answer.body[: max(len(answer.body) // 2, 1)])

    def _huge(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        answer = serve(request)
        return answer._replace(body=answer.body + b" " * int(spec.get("bytes", 200_000_000)))

    def _stale(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        return self.before.get(request.target) or serve(request)

    def _edit(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        """Something happens in iMIS just before this request: a deletion, a merge, a rename between two
        pages.
        """
        self.app.control.edits.apply(spec["edit"])
        return serve(request)

    def _clock(self, spec: dict[str, Any], request: Any, serve: Serve) -> wire.Answer:
        self.store.clock.skew(float(spec.get("seconds", 0)))
        return serve(request)
