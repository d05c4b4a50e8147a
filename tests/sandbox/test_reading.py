"""Reading: tokens, addresses, pages, shapes, filters and queries (points 1 to 6, 10, 12 and 18 of the
fidelity list).
"""

import itertools

import httpx2
import numpy as np
import pytest

from imis_ai.sandbox.server import start
from tests.sandbox.conftest import TODAY, Caller, bag

ENTITIES = [
    "Party",
    "Activity",
    "Event",
    "Payment",
    "DataVaultAttempt",
    "GroupMember",
    "GenTable",
    "LegacyCustomerType",
]
QUERIES = [
    "Terms",
    "WebActivity",
    "EmailEvents",
    "Registrations",
    "Invoices",
    "InvoiceLines",
    "Texts",
    "Relationships",
    "TierPrices",
    "Benefits",
    "TierBenefits",
    "MemberIds",
]


def login(url, path="/token", **form):
    return httpx2.post(url + path, data=form)


def test_a_token_is_granted_for_any_case_of_path_and_names(shared):
    answer = login(shared.url, "/Token/", Grant_type="password", Username="imis_ai", PASSWORD="sandbox")

    assert answer.status_code == 200
    assert {"access_token", "token_type", "expires_in", "userName", ".issued", ".expires"} <= set(
        answer.json()
    )
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 1199)


def test_a_wrong_password_is_an_invalid_grant_and_five_lock_the_account(fresh):
    answers = [login(fresh.url, grant_type="password", username="reader", password="guess") for _ in range(5)]
    locked = login(fresh.url, grant_type="password", username="reader", password="sandbox")

    assert {a.status_code for a in answers} == {400}
    assert {a.json()["error"] for a in answers} == {"invalid_grant"}
    assert "locked" in locked.json()["error_description"]


def test_a_call_without_a_good_token_is_a_401_with_an_http_error(shared):
    answer = httpx2.get(shared.url + "/api/Party", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401
    assert answer.json() == {
        "$type": "System.Web.Http.HttpError, System.Web.Http",
        "Message": "Authorization has been denied for this request.",
    }


def test_tokens_really_expire():
    with start(members=20, today=TODAY, token_seconds=1) as running, Caller(running) as caller:
        before = caller.get("/api/Party", limit=1).status_code
        running.app.store.clock.skew(2)

        assert (before, caller.get("/api/Party", limit=1).status_code) == (200, 401)


@pytest.mark.parametrize(
    "path", ["/api/party/{}", "/API//Party/{}/", "/site/api/PARTY?EntityId={}", "/api/Party/~{}"]
)
def test_addresses_are_read_as_iis_would(imis, path):
    key = imis.rows("MemberIds")[3]["ID"]

    assert imis.get(path.format(key)).json()["PartyId"] == key


def test_an_identity_of_two_elements_may_be_encoded(imis):
    member = next(iter(imis.truth()["members"]))
    tier = imis.rows("Terms", ID=member)[-1]["Tier"]

    plain, encoded = (imis.get(f"/api/Subscription/~{member}{bar}{tier}") for bar in ("|", "%7C"))

    assert plain.status_code == encoded.status_code == 200
    assert plain.json() == encoded.json()


@pytest.mark.parametrize(("asked", "got"), [(None, 100), (0, 100), (7, 7), (500, 500), (5000, 500)])
def test_pages_are_capped_in_silence(imis, asked, got):
    params = {} if asked is None else {"limit": asked}

    page = imis.get("/api/query", QueryName="$/imis_ai/WebActivity", **params).json()

    assert (page["Limit"], page["Count"], len(page["Items"]["$values"])) == (got, got, got)


def test_next_offset_is_zero_on_the_last_page_and_the_order_is_stable(imis):
    total = imis.get("/api/Party", limit=1).json()["TotalCount"]
    last = imis.get("/api/Party", limit=100, offset=total - 20).json()
    first = imis.get("/api/Party", limit=100).json()
    ids = [p["PartyId"] for p in imis.items("/api/Party")]

    assert (first["HasNext"], first["NextOffset"], first["NextPageLink"]) == (True, 100, None)
    assert (last["Count"], last["HasNext"], last["NextOffset"]) == (20, False, 0)
    assert ids == sorted(ids)
    assert len(set(ids)) == total


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_page_is_the_typed_envelope(imis, entity):
    page = imis.get(f"/api/{entity}", limit=2).json()

    assert list(page) == [
        "$type",
        "Items",
        "Offset",
        "Limit",
        "Count",
        "TotalCount",
        "NextPageLink",
        "HasNext",
        "NextOffset",
    ]
    assert page["$type"].startswith("Asi.Soa.Core.DataContracts.PagedResult`1[[")
    assert page["TotalCount"] > 0
    assert all(next(iter(item)) == "$type" for item in page["Items"]["$values"])


def test_typed_objects_leave_defaults_out(imis):
    invoices = imis.items("/api/Invoice", InvoiceDate=f"ge:{TODAY[:4]}-06-01")
    paid = [i for i in invoices if "Amount" not in i["Balance"]]
    owed = [i for i in invoices if "Amount" in i["Balance"]]
    members = imis.items("/api/GroupMember")
    left = [m for m in members if not any("IsActive" in d for d in m["MembershipDetails"]["$values"])]

    assert paid
    assert owed
    assert all(i["Balance"]["IsAmountDefined"] for i in paid)
    assert left
    assert not any("IsActive" in m for m in left)
    assert not any(v is None or v is False or v == 0 for i in invoices for v in i.values())
    assert any("InvoicePurpose" not in i for i in invoices)  # enum 0


def test_bags_drop_null_only_and_box_numbers(imis):
    rows = [bag(row) for row in imis.items("/api/Activity", ACTIVITY_TYPE="in:DONATE|BENEFIT")]
    events = [bag(e, "AdditionalAttributes") for e in imis.items("/api/Event")]

    assert all(row["SEQN"]["$type"] == "System.Int32" for row in rows)
    assert {row["AMOUNT"]["$type"] for row in rows if row["AMOUNT"]} == {"System.Decimal"}
    assert any(row["AMOUNT"] is None for row in rows)
    assert {"$type": "System.Decimal", "$value": 0.0} in [e["Fee"] for e in events]


def test_party_mixes_people_and_organisations_with_their_empty_collections(imis):
    parties = imis.items("/api/Party")
    kinds = {p["$type"].split(",")[0].rsplit(".", 1)[1] for p in parties}
    restricted = {"CustomerTypeCode", "JoinDate", "PaidThruDate", "RenewedThruDate", "Chapter"}
    always = {
        "AdditionalAttributes",
        "Addresses",
        "AlternateIds",
        "Emails",
        "Phones",
        "Salutations",
        "SocialNetworks",
        "CommunicationTypePreferences",
        "FinancialInformation",
    }

    assert kinds == {"PersonData", "OrganizationData"}
    assert all(always <= set(p) for p in parties)
    assert all(restricted <= set(bag(p, "AdditionalAttributes")) for p in parties)
    assert all("IsOrganization" not in p for p in parties if "PersonData" in p["$type"])
    assert any("OptInFlag" not in c for p in parties for c in p["CommunicationTypePreferences"]["$values"])


FILTERS = [
    ({"City": "Houston"}, lambda p: p["City"] == "Houston"),
    ({"City": "ne:Houston"}, lambda p: p["City"] != "Houston"),
    ({"city": "in:Houston|Boston"}, lambda p: p["City"] in {"Houston", "Boston"}),
    ({"City": "Houston|Boston"}, lambda p: p["City"] in {"Houston", "Boston"}),
    ({"City": "notIn:Houston|Boston"}, lambda p: p["City"] not in {"Houston", "Boston"}),
    ({"City": "!in:Houston|Boston"}, lambda p: p["City"] not in {"Houston", "Boston"}),
    ({"LastName": "startsWith:S"}, lambda p: p["LastName"].startswith("S")),
    ({"LastName": "endsWith:son"}, lambda p: p["LastName"].lower().endswith("son")),
    ({"LastName": "contains:an"}, lambda p: "an" in p["LastName"].lower()),
    ({"LastName": "notContain:an"}, lambda p: "an" not in p["LastName"].lower()),
    ({"LastName": "!contain:an"}, lambda p: "an" not in p["LastName"].lower()),
    ({"Title": "isEmpty"}, lambda p: p["Title"] is None),
    ({"Title": "empty"}, lambda p: p["Title"] is None),
    ({"Title": "notEmpty"}, lambda p: p["Title"] is not None),
    ({"Title": "!empty"}, lambda p: p["Title"] is not None),
    ({"isOrganization": "true"}, lambda p: p["Organization"]),
    ({"isOrganization": "isFalse"}, lambda p: not p["Organization"]),
    ({"UpdatedOn": "ge:2026-01-01T00:00:00"}, lambda p: p["UpdatedOn"] >= "2026-01-01T00:00:00"),
    ({"UpdatedOn": ">:2026-01-01"}, lambda p: p["UpdatedOn"] > "2026-01-01T00:00:00"),
    ({"UpdatedOn": "lt:2026-01-01"}, lambda p: p["UpdatedOn"] < "2026-01-01T00:00:00"),
    ({"UpdatedOn": "le:2026-01-01"}, lambda p: p["UpdatedOn"] <= "2026-01-01T00:00:00"),
    (
        {"UpdatedOn": "between:2025-06-01|2026-01-01"},
        lambda p: "2025-06-01" <= p["UpdatedOn"] <= "2026-01-01T00:00:00",
    ),
    ({"BirthYear": "gt:1990"}, lambda p: (p["BirthYear"] or 0) > 1990),
    ({"BirthYear": "between:1970|1980"}, lambda p: 1970 <= (p["BirthYear"] or 0) <= 1980),
    (
        {"CustomerTypeCode": "==:PRO", "Chapter": "TEX"},
        lambda p: p["CustomerTypeCode"] == "PRO" and p["Chapter"] == "TEX",
    ),
]


@pytest.mark.parametrize(("params", "passes"), FILTERS, ids=[str(f[0]) for f in FILTERS])
def test_filters_select_what_they_say(imis, shared, params, passes):
    table = shared.app.store.tables["Party"]
    expected = [row["PartyId"] for row in table.rows(table.find()) if passes(row)]

    found = [p["PartyId"] for p in imis.items("/api/PartySummary", **params)]

    assert found == expected
    assert 0 < len(found) < len(table)


def test_a_repeated_key_means_and(imis):
    wide = imis.get("/api/Party?UpdatedOn=ge:2025-01-01&limit=1").json()["TotalCount"]
    narrow = imis.get("/api/Party?UpdatedOn=ge:2025-01-01&UpdatedOn=lt:2026-01-01&limit=1").json()[
        "TotalCount"
    ]

    assert 0 < narrow < wide


def test_order_by_sorts_and_descends(imis):
    up = [p["Name"] for p in imis.items("/api/PartySummary", OrderBy="LastName")]
    down = [e["StartDateTime"] for e in imis.items("/api/Event", OrderBy="StartDateTime:Descending")]

    assert [n.split()[-1] for n in up[:3]] == sorted(n.split()[-1] for n in up[:3])
    assert down == sorted(down, reverse=True)


def test_activities_filter_by_effective_date(imis):
    rows = imis.items("/api/Activity", EFFECTIVE_DATE="ge:2026-10-01")

    assert rows
    assert min(bag(row)["EFFECTIVE_DATE"] for row in rows) >= "2026-10-01"
    assert rows[0]["Identity"]["IdentityElements"]["$values"] == [str(bag(rows[0])["SEQN"]["$value"])]


@pytest.mark.parametrize("name", QUERIES)
def test_both_query_routes_serve_the_same_rows(imis, name):
    flat = imis.get("/api/query", QueryName=f"$/imis_ai/{name}", limit=5).json()["Items"]["$values"]
    old = imis.get("/api/iqa", QueryPath=f"$/imis_ai/{name}", limit=5).json()["Items"]["$values"]

    assert flat
    assert [next(iter(bag(row))) for row in old] == ["ResultRow"] * len(old)
    assert all(row["EntityTypeName"].isdigit() for row in old)
    opened = [
        {k: v["$value"] if isinstance(v, dict) else v for k, v in bag(row).items() if k != "ResultRow"}
        for row in old
    ]
    assert opened == [{k: v for k, v in row.items() if k != "$type"} for row in flat]


def test_a_query_takes_its_parameters_in_order_and_an_unknown_path_is_a_404(imis):
    since = imis.rows("Terms", Parameter="ge:2026-10-01T00:00:00")

    assert since
    assert min(row["ChangedOn"] for row in since) >= "2026-10-01"
    assert imis.get("/api/query", QueryName="$/imis_ai/Nothing").status_code == 404
    assert imis.get("/api/query", QueryName="$/Elsewhere/Terms").status_code == 404


def test_query_results_may_come_from_a_cache():
    with start(members=30, today=TODAY, query_cache_seconds=60) as running, Caller(running) as caller:
        before = caller.rows("MemberIds")
        caller.edit(op="delete", id=before[0]["ID"])

        assert caller.rows("MemberIds") == before
        assert len(caller.items("/api/Party")) == len(before) - 1


def test_unknown_entities_and_operations_are_refused(imis):
    assert imis.get("/api/Case").status_code == 404
    assert imis.get("/api/metadata/Activity").status_code == 501
    assert imis.get("/api/Party", UpdatedOn="ge:yesterday").status_code == 400
    assert imis.get("/api/Party/999999").status_code == 404
    assert imis.get("/api/Party", offset="many").status_code == 400


def test_dates_are_naive_local_and_span_a_change_of_the_clock(imis):
    visits = np.array([v["At"] for v in imis.rows("WebActivity")], "datetime64[s]")
    texts = list(itertools.islice((v["At"] for v in imis.rows("WebActivity")), 50))
    spring, hour = visits[visits.astype("datetime64[D]") == np.datetime64("2026-03-08")], 3600
    autumn = visits[visits.astype("datetime64[D]") == np.datetime64("2025-11-02")]
    seconds = (spring - spring.astype("datetime64[D]")).astype(int)

    assert all(len(t) == 19 and t[10] == "T" for t in texts)
    assert not np.any((seconds >= 2 * hour) & (seconds < 3 * hour))
    assert np.any(autumn.astype("datetime64[h]") == np.datetime64("2025-11-02T01"))
    assert visits.max() < np.datetime64(TODAY)
