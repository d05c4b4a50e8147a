"""Every resource against recorded pages, and every shape of the wire."""

import json
import re
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imis_ai.imis import mapping, records
from imis_ai.imis.errors import BadAnswer, Denied
from imis_ai.imis.parse import page as paging
from imis_ai.imis.parse import wire
from imis_ai.imis.resources import IDS, RESOURCES
from tests.imis.expected import EXPECTED
from tests.imis.fake import CHICAGO, FakeImis, bag, page, reply
from tests.imis.recorded import PERSON, RECORDED

CONTEXT = CHICAGO.context


def read(name: str, *rows: dict, context=CONTEXT):
    """Records and rejects of a page of rows."""
    shape = RESOURCES[name].shape
    decoded = paging.decode(json.dumps(page(list(rows))).encode(), shape, context, 0)
    return paging.convert(decoded, shape, context, off=context.off.get(name, frozenset()), known=frozenset())


def recorded(name: str):
    resource = RESOURCES[name]
    found, rejects = read(name, *RECORDED[resource.path])
    assert rejects == []
    return found


@pytest.mark.parametrize("name", [name for name in RESOURCES if name != "web_visits"])
def test_recorded_pages_become_records(name):
    assert recorded(name) == EXPECTED[name]


@pytest.mark.parametrize("name", RESOURCES)
def test_keys_are_unique_and_every_row_has_one(name):
    resource = RESOURCES[name]
    decoded = paging.decode(json.dumps(page(RECORDED[resource.path])).encode(), resource.shape, CONTEXT, 0)
    found = recorded(name)

    assert len(set(decoded.keys)) == len(decoded.keys)
    assert all(decoded.keys)
    assert len({(type(each), each.key) for each in found}) == len(found)
    assert all(each.key and len(each.key) <= 200 for each in found)


@pytest.mark.row("GOV-52")
@pytest.mark.parametrize("name", [*RESOURCES, "ids"])
def test_every_field_that_is_read_has_a_purpose(name):
    resource = RESOURCES.get(name, IDS)

    assert resource.purpose
    assert resource.fields
    assert all(each.name and each.wire and len(each.purpose) > 5 for each in resource.fields)


def test_every_attribute_of_a_record_is_declared():
    """A record attribute that no field declares would be read outside the scope register."""
    undeclared = {
        (name, attribute)
        for name, expected in EXPECTED.items()
        for attribute in msgspec.structs.asdict(expected[0])
        if attribute not in {each.name for each in RESOURCES[name].fields}
    }

    derived = {(name, "key") for name in ("tier_prices", "benefits", "tier_benefits", "invoice_lines")}
    never_set = {("email_events", name) for name in ("detail", "quantity", "amount")} | {
        ("tiers", "description")
    }
    allowed = derived | never_set | {(name, "updated_on") for name in RESOURCES} | {("members", "is_deleted")}
    assert undeclared <= allowed


@pytest.mark.row("GOV-52")
def test_a_field_that_is_switched_off_is_not_read(tmp_path):
    path = tmp_path / "mapping.json"
    path.write_text(
        json.dumps({"fields": {"members": {"birth_year": None, "consents": None}, "terms": {"price": None}}})
    )
    names = mapping.load(time_zone="America/Chicago", path=path)

    (member,), _ = read("members", PERSON, context=names.context)
    (term,), _ = read("terms", *RECORDED["$/imis_ai/Terms"], context=names.context)

    assert member.birth_year is None
    assert member.email == "ann@example.org"
    assert term.price is None


def test_the_old_query_route_gives_the_same_records():
    row = RECORDED["$/imis_ai/Terms"][0]
    old = bag("101", [], {"ResultRow": "1"} | {name: value for name, value in row.items() if name != "$type"})

    assert read("terms", old) == read("terms", row)


def test_lists_may_come_plain_or_wrapped():
    rows = RECORDED["/api/Activity"]
    shape = RESOURCES["activities"].shape

    wrapped = paging.decode(json.dumps(page(rows)).encode(), shape, CONTEXT, 0)
    plain = paging.decode(json.dumps(page(rows, plain=True)).encode(), shape, CONTEXT, 0)

    assert wrapped.keys == plain.keys == ["9001", "9002"]


def test_decimals_come_from_the_text_of_the_wire_d15():
    row = bag(
        "Activity", ["1"], {"ID": "1", "ACTIVITY_TYPE": "X", "EFFECTIVE_DATE": "2025-01-01", "AMOUNT": 0.0}
    )
    body = json.dumps(page([row])).replace('"$value": 0.0', '"$value": 1203.2900000000000001')

    shape = RESOURCES["activities"].shape
    found, _ = paging.convert(
        paging.decode(body.encode(), shape, CONTEXT, 0), shape, CONTEXT, off=frozenset(), known=frozenset()
    )

    assert found[0].amount == Decimal("1203.2900000000000001")


def test_operations_answer_in_an_envelope_or_bare():
    ems = {
        "$type": "Asi.Soa.Core.DataContracts.ServiceResponse`1[[System.Object, mscorlib]], Asi.Contracts",
        "Result": {"a": 1},
    }

    assert wire.result(json.dumps(ems | {"IsSuccessStatusCode": True}).encode()) == {"a": 1}
    assert wire.result(b'{"$type":"Asi.IqaQueryDefinitionData","Path":"$/x"}')["Path"] == "$/x"
    assert wire.result(b"true") is True
    with pytest.raises(ValueError, match="failed"):
        wire.result(json.dumps(ems).encode())


@pytest.mark.parametrize(
    ("whose", "name", "old", "new", "expected"),
    [
        ("401", "Name.STATUS", "A", "00101 - Merged", [("401", "00101")]),
        ("00101", "Name.ID", "401 - Merged", "00101 - Merged", [("401", "00101")]),
        ("401", "Name.ID", "401", "A-7 - Merged", [("401", "A-7")]),
        ("00101", "Name.FULL_NAME", "Ann", "Ann Example - Merged", []),
        ("00101", "Name.ID", "00101", "00101 - Merged", []),
        ("00101", "Name.CITY", "Austin", "Houston", []),
    ],
)
def test_merges_are_told_by_their_suffix_whoever_the_row_belongs_to(whose, name, old, new, expected):
    change = wire.ChangeLog(
        identity=wire.Identity(identity_elements=[whose]),
        changes=[wire.Change(property_name=name, original_value=old, new_value=new)],
    )

    found = RESOURCES["deletions"].also[0].parser(change, CONTEXT)

    assert [(each.key, each.retained) for each in found] == expected


BROKEN = {
    "members": [
        ("PartyId", {"a": 1}),
        ("BirthDate", "soon"),
        ("Emails", "text"),
        ("AdditionalAttributes", 3),
    ],
    "terms": [
        ("TermId", None),
        ("BillBegin", "?"),
        ("BillThrough", "1990-01-01"),
        ("Price", "much"),
        ("ID", "x" * 300),
    ],
    "web_visits": [("At", None), ("Kind", ""), ("Minutes", "long"), ("ID", [])],
    "payments": [("Status", 99), ("Amount", {"Amount": "x"}), ("PaymentDate", 5), ("PaymentApplications", 1)],
}


@pytest.mark.parametrize(
    ("name", "field", "value"), [(n, *pair) for n, pairs in BROKEN.items() for pair in pairs]
)
def test_one_bad_record_costs_itself_and_not_the_page_s5(name, field, value):
    good = RECORDED[RESOURCES[name].path][0]
    key = RESOURCES[name].fields[0].wire
    others = [good | {key: f"other-{n}"} for n in range(3)]

    found, rejects = read(name, others[0], good | {field: value}, *others[1:])

    kept = [each for each in found if not isinstance(each, records.Consent)]
    assert len(kept) == 3
    assert len(rejects) == 1
    assert rejects[0].reason
    assert str(value)[:30] not in rejects[0].reason or value in (None, "", "?", 5, 1, 3, 99)
    assert json.dumps(rejects[0].raw)


def test_names_of_people_never_stand_in_a_reason():
    _, rejects = read("members", PERSON | {"BirthDate": "canary-Ann"})

    assert rejects[0].key == "00101"
    assert rejects[0].reason == "BirthDate is not a date"


GOOD = json.dumps(
    page(RECORDED["$/imis_ai/WebActivity"], kind="System.Dynamic.ExpandoObject, System.Core")
).encode()


def refused(body: bytes, name: str = "web_visits", offset: int = 0) -> str:
    with pytest.raises(paging.Damaged) as caught:
        paging.decode(body, RESOURCES[name].shape, CONTEXT, offset)
    return str(caught.value)


@settings(max_examples=1000)
@given(st.integers(0, len(GOOD) - 2))
def test_a_truncated_page_is_refused_whole_s4(length):
    assert refused(GOOD[:length])


@settings(max_examples=1000)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_a_corrupted_page_is_refused_or_gives_whole_rows_s4(at, noise):
    body = GOOD[:at] + noise + GOOD[at + len(noise) :]
    shape = RESOURCES["web_visits"].shape

    try:
        decoded = paging.decode(body, shape, CONTEXT, 0)
    except paging.Damaged:
        return
    found, rejects = paging.convert(decoded, shape, CONTEXT, off=frozenset(), known=frozenset())

    assert len(found) + len(rejects) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"$type": "System.Web.Http.HttpError, System.Web.Http"},
        {"Offset": 500},
        {"Count": 2},
        {"Items": None},
        {"Items": {"a": 1}, "Count": 7},
        {"TotalCount": "many"},
        {"HasNext": "maybe"},
    ],
)
def test_an_envelope_that_contradicts_itself_is_refused_s4(change):
    assert refused(json.dumps(json.loads(GOOD) | change).encode())


def test_a_page_of_other_things_is_refused_s4():
    body = json.dumps(
        page(RECORDED["/api/Payment"], kind="Asi.Soa.Commerce.DataContracts.PaymentData, Asi.Contracts")
    )

    assert "other things" in refused(body.encode(), "members")


@pytest.mark.parametrize("change", [{"HasNext": True, "TotalCount": 0}, {"HasNext": False}])
def test_a_page_that_is_empty_before_the_end_is_refused(change):
    assert refused(json.dumps(page([], total=10) | change).encode())


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"<html>", b"[" * 200_000, b'{"Items":' * 5000, b"NaN", b"\xff\xfe"]
)
def test_what_is_no_page_is_refused(body):
    assert refused(body)


def test_lone_surrogates_are_mended_and_pairs_and_backslashes_are_left_t1():
    rows = RECORDED["$/imis_ai/Texts"]
    body = json.dumps(page(rows)).replace("Renewal", r"a\ud800b \ud83d\ude00 \\ud800 \udc00")
    shape = RESOURCES["texts"].shape

    found, rejects = paging.convert(
        paging.decode(body.encode(), shape, CONTEXT, 0), shape, CONTEXT, off=frozenset(), known=frozenset()
    )

    assert rejects == []
    assert found[0].subject == "a\N{REPLACEMENT CHARACTER}b \U0001f600 \\ud800 \N{REPLACEMENT CHARACTER}"


def test_one_record_is_read_again_by_its_id():
    imis = FakeImis()
    imis.before = lambda number, request: _one(request)

    with imis.client() as client:
        found = client.one(RESOURCES["members"], "00101")
        gone = client.one(RESOURCES["members"], "999")
        client.one(RESOURCES["events"], "A/B 1")

    assert found == EXPECTED["members"][:3]
    assert gone == []
    assert re.search(r"/api/Event\?EntityId=A/B%201$", str(imis.seen[-1].url))


def _one(request):
    if request.url.path == "/api/Party/00101":
        return reply(PERSON)
    if request.url.path == "/api/Event":
        return reply(RECORDED["/api/Event"][0])
    return None if request.url.path == "/token" else reply({"Message": "no"}, 404)


@pytest.mark.parametrize("body", [b"{", b'{"PartyId":[1]}', b'{"PartyId":"1","BirthDate":"soon"}'])
def test_one_damaged_record_is_a_bad_answer(body):
    imis = FakeImis()
    imis.before = lambda number, request: None if request.url.path == "/token" else reply(body)

    with imis.client() as client, pytest.raises(BadAnswer, match="members: "):
        client.one(RESOURCES["members"], "1")


def test_one_record_that_may_not_be_read_is_not_taken_for_gone():
    imis = FakeImis()
    imis.before = lambda number, request: None if request.url.path == "/token" else reply({}, 403)

    with imis.client() as client, pytest.raises(Denied):
        client.one(RESOURCES["members"], "1")


def test_rows_without_an_identity_are_known_by_their_content():
    activity = {name: value for name, value in RECORDED["/api/Activity"][0].items() if name != "Identity"}
    member = {
        name: value for name, value in RECORDED["/api/GroupMember"][0].items() if name != "GroupMemberId"
    }
    payment = {name: value for name, value in RECORDED["/api/Payment"][0].items() if name != "PaymentDate"}

    assert keys("activities", activity) == ["9001"]
    assert keys("committees", member) == ["COMMITTEE/STD:00101"]
    assert read("payments", payment)[1][0].reason == "PaymentDate is missing"


def keys(name: str, *rows: dict) -> list[str]:
    return paging.decode(json.dumps(page(list(rows))).encode(), RESOURCES[name].shape, CONTEXT, 0).keys


def test_a_misshapen_row_of_the_old_query_route_costs_itself():
    good = bag(
        "101", [], {name: value for name, value in RECORDED["$/imis_ai/Terms"][0].items() if name != "$type"}
    )

    found, rejects = read("terms", good, {"EntityTypeName": "101", "Properties": 7})

    assert len(found) == 1
    assert "Properties" in str(rejects[0].raw)


def test_raw_numbers_in_a_bag_are_read_as_they_were_written():
    row = json.loads(
        json.dumps(RECORDED["/api/Activity"][0]).replace(
            '{"$type": "System.Decimal", "$value": 87.55}', "87.55"
        )
    )

    (found,), _ = read("activities", row)

    assert found.amount == Decimal("87.55")


def test_a_query_has_no_single_rows():
    with FakeImis().client() as client, pytest.raises(ValueError, match="no single rows"):
        client.one(RESOURCES["terms"], "1")
