"""Changes that staff make in iMIS behind the product's back, for tests: update, delete, merge, erase,
rename, new happenings.
"""

from typing import Any

import numpy as np

from imis_ai.sandbox.association import chance
from imis_ai.sandbox.columns import Table
from imis_ai.sandbox.entities import records
from imis_ai.sandbox.store import Store

RENAMED = {"id": "key", "type": "kind"}
NEW_TITLES = ["Senior Engineer", "Partner", "Head of Design", "Consultant", "Vice President"]
REFERENCES = {
    "Terms": "ID",
    "Activity": "PartyId",
    "WebActivity": "ID",
    "EmailEvents": "ID",
    "Registrations": "ID",
    "Invoices": "ID",
    "InvoiceLines": "ID",
    "Payment": "ID",
    "DataVaultAttempt": "PartyId",
    "Texts": "ID",
    "Relationships": "ID",
}
TOUCHED = ["Terms", "Registrations", "Invoices", "InvoiceLines", "Texts"]


class Edits:
    """`apply({"op": ..., ...})`; every edit goes into the journal and is replayed with it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    @property
    def store(self) -> Store:
        return self.app.store

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        """Do one edit, or those of a list under `edits`.

        Raises KeyError or ValueError for what is not understood.
        """
        if "edits" in body:
            return {"done": [self.apply(edit) for edit in body["edits"]]}
        operation = getattr(self, "_" + str(body["op"]), None)
        if operation is None:
            raise ValueError(f"op {body['op']!r} is not one of {', '.join(self.operations())}")
        with self.app.writing:
            found = operation(**{RENAMED.get(k, k): v for k, v in body.items() if k != "op"})
            self.store.record(
                {
                    "at": self.store.clock.text(),
                    "method": "EDIT",
                    "path": "/_sandbox/edit",
                    "query": [],
                    "user": "",
                    "body": body,
                    "status": 200,
                }
            )
        return found or {}

    def operations(self) -> list[str]:
        return [
            "update",
            "delete",
            "merge",
            "erase",
            "rename_event",
            "rename_query",
            "advance",
            "touch_percent",
            "add_member",
            "add_activity",
            "consent",
            "flag_panel",
            "option",
        ]

    def _position(self, table: Table, key: str) -> int:
        position = table.at(key)
        if position is None:
            raise ValueError(f"{table.name} has no row {key}")
        return position

    def _update(self, *, key: str, table: str = "Party", **values: Any) -> dict[str, Any]:
        """Set columns of one row (any table and its columns); its change stamp becomes now, contacts get a
        ChangeLog row.
        """
        found = self.store.tables[table]
        position = self._position(found, key)
        before = found.row(position)
        unknown = [name for name in values if name not in found.columns]
        if unknown:
            raise ValueError(f"{table} has no column {unknown[0]}; it has {', '.join(found.columns)}")
        found.set(position, **values, **self._stamp(found))
        if table == "Party":
            self.store.kept("Party").pop(before["PartyId"], None)
            changes = [(f"Name.{name.upper()}", before[name], value) for name, value in values.items()]
            records.change(self.store, "Party", [before["PartyId"]], self.store.clock.text(), changes)
        self.app.notifier.changed("Party" if table == "Party" else table, "Updated", key)
        return found.row(position)

    def _stamp(self, table: Table) -> dict[str, str]:
        name = next((n for n in ("UpdatedOn", "ChangedOn") if n in table.columns), None)
        return {name: self.store.clock.text()} if name else {}

    def _delete(self, *, key: str, table: str = "Party", mark: bool = False) -> None:
        """Remove a row; contacts may be only marked (Status D), as iMIS does when they are not purged."""
        found = self.store.tables[table]
        position = self._position(found, key)
        if table == "Party":
            self.store.kept("Party").pop(key, None)
        if mark:
            found.set(position, Status="D", **self._stamp(found))
        else:
            found.remove(position)
        self.app.notifier.changed("Party" if table == "Party" else table, "Deleted", key)

    def _merge(self, *, discarded: str, retained: str) -> dict[str, int]:
        return self.merge(discarded=discarded, retained=retained)

    def merge(self, *, discarded: str, retained: str) -> dict[str, int]:
        """Merge one contact into another: rows move, the ChangeLog says so, the discarded id answers 404
        or stays as D.
        """
        party = self.store.tables["Party"]
        self._position(party, retained)
        gone = self._position(party, discarded)
        moved = {}
        for name, column in REFERENCES.items():
            table = self.store.tables[name]
            labels = table.columns[column]
            rows = np.flatnonzero((labels.values == labels.stored(discarded)) & table.live)
            labels.values[rows] = labels.stored(retained)
            for row in rows.tolist():
                table.set(row, **self._stamp(table))
            table.version += 1
            moved[name] = len(rows)
        for key, member in list(self.store.kept("GroupMember").items()):
            if member["Party"]["PartyId"] == discarded:
                member["Party"] |= {"PartyId": retained, "Id": retained}
                moved["GroupMember"] = moved.get("GroupMember", 0) + bool(key)
        records.merged(self.store, discarded, retained, self.store.clock.text())
        party.set(self._position(party, retained), **self._stamp(party))
        if self.store.options.merged_answer == "D":
            party.set(gone, Status="D", **self._stamp(party))
        else:
            party.remove(gone)
        self.app.notifier.changed("Party", "Deleted", discarded)
        return moved

    def _erase(self, *, key: str) -> None:
        """Erase a contact at their own request: all rows go, PartyDeleteLog gets an entry."""
        self._delete(key=key)
        for name, column in REFERENCES.items():
            table = self.store.tables[name]
            labels = table.columns[column]
            table.live &= labels.values != labels.stored(key)
            table.version += 1
        members = self.store.kept("GroupMember")
        for number in [n for n, member in members.items() if member["Party"]["PartyId"] == key]:
            del members[number]
        records.erased(self.store, key, self.store.clock.text())

    def _rename_event(self, *, key: str, name: str) -> dict[str, Any]:
        return self._update(key=key, table="Event", Name=name)

    def _rename_query(self, *, name: str, to: str) -> None:
        """What happens when staff rename a stored query: the old path answers 404."""
        self.app.results.renamed[name.lower()] = to.lower()

    def _flag_panel(self, *, name: str, available: bool = True) -> None:
        """What a SysAdmin does by hand after a definition was created: tick 'Available via the REST API'."""
        if name not in self.store.kept("BOEntityDefinition"):
            raise ValueError(f"there is no business object {name}")
        self.store.kept("RestAccess")[name] = available

    def _option(self, *, name: str, value: Any) -> None:
        """Change how the site is set up: see store.Options."""
        if not hasattr(self.store.options, name):
            raise ValueError(f"there is no option {name}")
        setattr(self.store.options, name, value)

    def _consent(self, *, key: str, channel: str, granted: bool) -> dict[str, Any]:
        return self._update(key=key, **{f"{channel.capitalize()}Consent": granted})

    def _add_member(
        self, *, first_name: str, last_name: str, tier: str = "ASC", chapter: str = "TEX"
    ) -> dict[str, Any]:
        """A new person who joins today, with term and paid dues invoice."""
        now, party = self.store.clock.text(), self.store.tables["Party"]
        key = f"{self.store.number(600_000):06d}"
        party.extend(
            [
                {
                    "PartyId": key,
                    "FirstName": first_name,
                    "LastName": last_name,
                    "Organization": False,
                    "Status": "A",
                    "Email": f"{first_name}.{last_name}@example.org".lower(),
                    "Chapter": chapter,
                    "CustomerTypeCode": tier,
                    "City": "Austin",
                    "State": "TX",
                    "PostalCode": "78701",
                    "JoinDate": now[:10],
                    "UpdatedOn": now,
                    "PaidThruDate": self._year_on(now[:10]),
                    "EmailConsent": True,
                    "SmsConsent": False,
                    "PhoneConsent": True,
                    "BillingCategory": "CARD",
                }
            ]
        )
        self._add_term(key, tier, now[:10], now)
        self.app.notifier.changed("Party", "Created", key)
        return {"id": key}

    def _year_on(self, day: str) -> str:
        start = np.datetime64(day, "D").astype(np.int64)
        return str(np.datetime64(int(chance.anniversary(np.array([start]), 1)[0]) - 1, "D"))

    def _add_term(self, member: str, tier: str, start: str, at: str) -> None:
        terms = self.store.tables["Terms"]
        prices = self.store.tables["TierPrices"]
        price = next((r["Price"] for r in reversed(prices.rows(prices.find())) if r["Tier"] == tier), None)
        terms.extend(
            [
                {
                    "TermId": terms.next_number(),
                    "ID": member,
                    "Tier": tier,
                    "BillBegin": start,
                    "Price": price,
                    "BillThrough": self._year_on(start),
                    "Method": "card",
                    "ChangedOn": at,
                }
            ]
        )

    def _add_activity(
        self, *, key: str, kind: str = "BENEFIT", at: str = "", description: str = ""
    ) -> dict[str, Any]:
        """One activity row, now unless `at` says otherwise (a back-dated row keeps its old
        EFFECTIVE_DATE).
        """
        table, when = self.store.tables["Activity"], at or self.store.clock.text()
        row = {
            "SEQN": table.next_number(),
            "PartyId": key,
            "ACTIVITY_TYPE": kind,
            "TRANSACTION_DATE": when,
            "EFFECTIVE_DATE": when[:10],
            "DESCRIPTION": description or None,
            "QUANTITY": 1.0,
        }
        table.extend([row])
        return {"seqn": row["SEQN"]}

    def _touch_percent(self, *, percent: float = 1.0, seed: int = 1) -> dict[str, int]:
        """Change that share of the contacts and of the changeable rows, and add as many visits, mails and
        activities.
        """
        rng, done = chance.stream(seed, "touch"), {}
        party = self.store.tables["Party"]
        for position in self._sample(rng, party, percent):
            title = NEW_TITLES[int(rng.integers(0, len(NEW_TITLES)))]
            self.store.kept("Party").pop(party.columns["PartyId"].wire(np.array([position]))[0], None)
            party.set(position, Title=title, **self._stamp(party))
            done["Party"] = done.get("Party", 0) + 1
        for name in TOUCHED:
            table = self.store.tables[name]
            rows = self._sample(rng, table, percent)
            for position in rows:
                table.set(position, **self._stamp(table))
            done[name] = len(rows)
        days = max(round(percent / 100 * 1096), 1)
        return done | self._happen(
            rng, {n: round(len(self.store.tables[n]) * percent / 100) for n in HAPPENINGS}, days
        )

    def _sample(self, rng: np.random.Generator, table: Table, percent: float) -> list[int]:
        rows = table.find()
        count = round(len(rows) * percent / 100)
        return sorted(rng.choice(rows, count, replace=False).tolist()) if count else []

    def _happen(self, rng: np.random.Generator, counts: dict[str, int], days: int) -> dict[str, int]:
        """New rows at the present moment, copied from what members did in the last `days`."""
        now = self.store.clock.text()
        for name, count in counts.items():
            table = self.store.tables[name]
            alive = set(self.store.tables["Party"].columns["PartyId"].wire(self.store.tables["Party"].find()))
            recent = table.find()[-max(count * 4, 50) :]
            rows = [r for r in table.rows(rng.permutation(recent)) if r[REFERENCES[name]] in alive][:count]
            number = table.next_number()
            for k, row in enumerate(rows):
                row[table.key] = number + k
                row |= dict.fromkeys(HAPPENINGS[name], now)
            table.extend(rows)
            counts[name] = len(rows)
        return counts | {"days": days}

    def _advance(self, *, days: int = 1, seed: int = 1) -> dict[str, Any]:
        """Let days pass: the clock moves, members visit, open and register, and open dues invoices are
        paid by most.
        """
        self.store.clock.advance(days)
        rng = chance.stream(seed, f"advance{self.store.clock.text()[:10]}")
        counts = {name: round(len(self.store.tables[name]) / 1096 * days) for name in HAPPENINGS}
        return self._happen(rng, counts, days) | {
            "paid": self._pay(rng),
            "today": self.store.clock.text()[:10],
        }

    def _pay(self, rng: np.random.Generator) -> int:
        """Invoices due by now: four in five are paid, dues open a new term."""
        now, bills = self.store.clock.text(), self.store.tables["Invoices"]
        due = np.datetime64(now[:10])
        open_ones = (bills.columns["Balance"].values > 0) & bills.live
        open_ones &= (bills.columns["DueDate"].values <= due) & (
            bills.columns["DueDate"].values > due - np.timedelta64(60, "D")
        )
        rows = [row for row in np.flatnonzero(open_ones).tolist() if rng.random() < 0.8]
        for row in rows:
            bill = bills.row(row)
            self.app.entities["payment"].receive(bill, bill["Balance"], now)
            if bill["Purpose"] == "dues":
                self._add_term(bill["ID"], bill["Tier"] or "ASC", now[:10], now)
        return len(rows)


HAPPENINGS = {
    "Activity": ("TRANSACTION_DATE", "EFFECTIVE_DATE"),
    "WebActivity": ("At",),
    "EmailEvents": ("At",),
}
