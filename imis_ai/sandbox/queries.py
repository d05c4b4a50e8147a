"""The stored queries (IQA) that the association has made available, served flat by /api/query and as rows
by /api/iqa.
"""

import time
from typing import Any, NamedTuple

import numpy as np

from imis_ai.sandbox import filters, wire
from imis_ai.sandbox.association import topics
from imis_ai.sandbox.association.membership import RISE_DAYS
from imis_ai.sandbox.columns import Cents, Labels, Table, Times
from imis_ai.sandbox.store import Store

FOLDER = "$/imis_ai"


class Query(NamedTuple):
    """A query over one table. `prompts` are the columns that the parameters go to, in order."""

    name: str
    number: int
    table: str
    columns: tuple[str, ...]
    prompts: tuple[str, ...] = ()


QUERIES = {
    query.name.lower(): query
    for query in [
        Query(
            "Terms",
            101,
            "Terms",
            (
                "TermId",
                "ID",
                "Tier",
                "BillBegin",
                "BillThrough",
                "Price",
                "Method",
                "ResignedOn",
                "ChangedOn",
            ),
            ("ChangedOn",),
        ),
        Query(
            "WebActivity",
            102,
            "WebActivity",
            ("VisitId", "ID", "Kind", "At", "Reference", "Minutes"),
            ("At",),
        ),
        Query("EmailEvents", 103, "EmailEvents", ("EventId", "ID", "Kind", "At", "Subject"), ("At",)),
        Query(
            "Registrations",
            104,
            "Registrations",
            (
                "RegistrationId",
                "EventId",
                "ID",
                "RegisteredOn",
                "Attended",
                "CancelledOn",
                "Amount",
                "ChangedOn",
            ),
            ("ChangedOn",),
        ),
        Query(
            "Invoices",
            105,
            "Invoices",
            (
                "InvoiceId",
                "ID",
                "PayerId",
                "Purpose",
                "InvoiceDate",
                "DueDate",
                "Amount",
                "Balance",
                "PaidOn",
                "Tier",
                "TermStart",
                "TermEnd",
                "ChangedOn",
            ),
            ("ChangedOn",),
        ),
        Query(
            "InvoiceLines",
            106,
            "InvoiceLines",
            ("InvoiceId", "ID", "LineNumber", "ItemId", "Quantity", "Amount", "ChangedOn"),
            ("ChangedOn",),
        ),
        Query(
            "Texts",
            107,
            "Texts",
            ("TextId", "ID", "Source", "At", "Question", "Subject", "Body", "Reference", "ChangedOn"),
            ("ChangedOn",),
        ),
        Query(
            "Relationships",
            108,
            "Relationships",
            ("RelationshipId", "ID", "OtherId", "Kind", "StartOn", "EndOn"),
            (),
        ),
        Query("TierPrices", 109, "TierPrices", ("Tier", "EffectiveOn", "Price"), ("EffectiveOn",)),
        Query("Benefits", 110, "Benefits", ("Name", "Description", "AnnualCost"), ()),
        Query("TierBenefits", 111, "TierBenefits", ("Tier", "Benefit"), ()),
        Query("MemberIds", 112, "Party", ("ID",), ()),
    ]
}


def add_tables(store: Store) -> None:
    """The small catalogue tables behind the queries."""
    if store.options.archive:
        return
    before = [np.datetime64("2019-01-01"), np.datetime64(store.association.today) - RISE_DAYS]
    prices = [(c, d, p) for c, *_, pair in topics.TIERS for d, p in zip(before, pair, strict=True)]
    store.tables.setdefault(
        "TierPrices",
        Table(
            "TierPrices",
            "Tier",
            {
                "Tier": Labels.of([c for c, *_ in prices]),
                "EffectiveOn": Times(np.array([d for _, d, _ in prices], "datetime64[s]")),
                "Price": Cents(np.array([p for *_, p in prices])),
            },
        ),
    )
    store.tables.setdefault(
        "Benefits",
        Table(
            "Benefits",
            "Name",
            {
                "Name": Labels.of([b[0] for b in topics.BENEFITS]),
                "Description": Labels.of([b[1] for b in topics.BENEFITS]),
                "AnnualCost": Cents(np.array([round(b[2] * 100) for b in topics.BENEFITS])),
            },
        ),
    )
    pairs = [(tier, b[0]) for b in topics.BENEFITS for tier in b[3].split()]
    store.tables.setdefault(
        "TierBenefits",
        Table(
            "TierBenefits",
            "Benefit",
            {
                "Tier": Labels.of([t for t, _ in pairs]),
                "Benefit": Labels.of([b for _, b in pairs]),
            },
        ),
    )


def lookup(path: str) -> Query:
    """The query at a path like `$/imis_ai/Terms`; raises a 404 refusal."""
    folder, _, name = path.strip().rstrip("/").rpartition("/")
    query = QUERIES.get(name.lower())
    if folder.lower() != FOLDER.lower() or query is None:
        raise wire.Refusal(404, wire.http_error(f"No query found at {path}."))
    return query


class Results:
    """Answers the two query routes, optionally from a cache that lags behind writes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.renamed: dict[str, str] = {}  # query name -> its new name, after staff renamed it
        self.cached: dict[Any, tuple[float, list[Any], int]] = {}

    def lookup(self, path: str) -> Query:
        """As `lookup`, under the present names."""
        name = path.strip().rstrip("/").rpartition("/")[2].lower()
        back = {new: old for old, new in self.renamed.items()}
        if name in self.renamed:
            raise wire.Refusal(404, wire.http_error(f"No query found at {path}."))
        return lookup(f"{FOLDER}/{back[name]}" if name in back else path)

    def read(
        self, query: Query, parameters: list[str], named: list[tuple[str, str]], offset: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Flat rows of one page and the total."""
        key = (query.name, tuple(parameters), tuple(named), offset, limit)
        keep = self.store.options.query_cache_seconds
        if keep and key in self.cached and time.monotonic() - self.cached[key][0] < keep:
            return self.cached[key][1:]
        table = self.store.tables[query.table]
        names = [(prompt, text) for prompt, text in zip(query.prompts, parameters, strict=False) if text]
        known = {column.lower() for column in query.columns}
        names += [(n, text) for n, text in named if n.lower() in known]
        conditions = [
            filters.parse("PartyId" if (n.lower(), table.name) == ("id", "Party") else n, text)
            for n, text in names
        ]
        found = table.find(conditions)
        rows = found[offset : offset + limit]
        if query.name == "MemberIds":
            items = [{"$type": wire.ROW, "ID": i} for i in table.columns["PartyId"].wire(rows)]
        else:
            items = [{"$type": wire.ROW} | row for row in table.rows(rows, query.columns)]
        if keep:
            self.cached[key] = (time.monotonic(), items, len(found))
        return items, len(found)

    def generic(self, query: Query, rows: list[dict[str, Any]], offset: int) -> list[dict[str, Any]]:
        """The same rows as /api/iqa gives them."""
        found = []
        for k, row in enumerate(rows):
            members = {"ResultRow": str(offset + k + 1)} | {n: v for n, v in row.items() if n != "$type"}
            found.append(
                {"$type": wire.GENERIC, "EntityTypeName": str(query.number), "Properties": wire.bag(members)}
            )
        return found
