"""A sandbox iMIS that is set up for writing, a writer for it, and what it holds."""

from collections import Counter
from typing import Any

import httpx2

from imis_ai.imis import mapping
from imis_ai.imis.targets import TARGETS, Names
from imis_ai.imis.writes import Writer, setup
from imis_ai.sandbox.server import Running

TODAY = "2026-11-21"
CHICAGO = mapping.load(time_zone="America/Chicago")
PANELS = [target for target in TARGETS.values() if target.is_panel]


def open_gate() -> None:
    """Lets everything through."""


def writer(url: str, **changes: Any) -> Writer:
    made = {"base_url": url, "username": "imis_ai", "password": "sandbox", "context": CHICAGO.context}
    return Writer(**(made | {"is_test_system": True, "requests_per_minute": 0} | changes))


class Site:
    """A running sandbox: what tests look at and cause behind the product's back."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = running.url
        self.http = httpx2.Client(base_url=running.url, timeout=20)
        self._sign_in()

    def _sign_in(self) -> None:
        form = {"grant_type": "password", "username": "staff", "password": "sandbox"}
        token = self.http.post("/token", data=form).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def prepare(self, names: Names | None = None) -> None:
        """What an administrator of iMIS does once: our panel sources, ticked as available."""
        with writer(self.url, username="staff", names=names) as staff:
            setup.apply(staff, setup.examine(staff), open_gate)
            objects = [staff.names.target(panel.name) for panel in PANELS]
        for each in objects:
            if each.is_panel:
                self.edit(op="flag_panel", name=each.object)
        self.http.delete("/_sandbox/log")

    def edit(self, **body: Any) -> dict[str, Any]:
        answer = self.http.post("/_sandbox/edit", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.http.post("/_sandbox/faults", json=list(rules)).status_code == 200

    def ask(self, what: str) -> Any:
        return self.http.get(f"/_sandbox/{what}").json()

    def log(self) -> list[dict[str, Any]]:
        """Every write, as iMIS got it."""
        return self.ask("log")

    def rows(self, name: str, **params: str) -> list[dict[str, Any]]:
        """Rows of a list, bags opened."""
        found, offset = [], 0
        while True:
            given = {**params, "limit": 500, "offset": offset}
            page = self.http.get(f"/api/{name}", params=given).json()
            found += [opened(row) for row in page["Items"]["$values"]]
            if not page["HasNext"]:
                return found
            offset = page["NextOffset"]

    def references(self) -> Counter:
        """How often each of our references stands in iMIS."""
        found: Counter = Counter()
        for panel in PANELS:
            found.update(row["Reference"] for row in self.rows(panel.object) if row.get("Reference"))
        found.update(
            row["OTHER_CODE"] for row in self.rows("Activity", OTHER_CODE="startsWith:IAI-", ID="ne:")
        )
        return found

    def members(self) -> list[str]:
        return list(self.ask("truth")["members"])


def opened(row: dict[str, Any]) -> dict[str, Any]:
    if "Properties" not in row:
        return row
    values = {p["Name"]: p.get("Value") for p in row["Properties"]["$values"]}
    return {name: v["$value"] if isinstance(v, dict) else v for name, v in values.items()}
