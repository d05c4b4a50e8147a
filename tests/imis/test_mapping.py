"""Names as data: a mapping file changes what is read, a wrong one says where, a dry run shows what fits."""

import json

import pytest

from imis_ai.imis import mapping
from imis_ai.imis.client import Client
from imis_ai.imis.resources import RESOURCES
from tests.imis.fake import FakeImis, reply
from tests.imis.recorded import RECORDED


@pytest.fixture
def names(tmp_path):
    def load(given, time_zone="America/Chicago"):
        path = tmp_path / "mapping.json"
        path.write_text(given if isinstance(given, str) else json.dumps(given))
        return mapping.load(time_zone=time_zone, path=path)

    return load


def test_other_paths_columns_and_codes_are_read(names):
    renamed = {
        ("Fee" if name == "Price" else name): value for name, value in RECORDED["$/imis_ai/Terms"][0].items()
    }
    imis = FakeImis({"$/Staff/Dues": [renamed], "/api/Activity": RECORDED["/api/Activity"]})
    given = {
        "paths": {"terms": "$/Staff/Dues"},
        "fields": {"terms": {"price": "Fee"}},
        "activity_kinds": {"mentor": "volunteer_shift"},
    }

    with imis.client(names=names(given)) as client:
        (terms,) = client.pages(RESOURCES["terms"])
        (activities,) = client.pages(RESOURCES["activities"])

    assert str(terms.records[0].price) == "285.5"
    assert [each.kind for each in activities.records] == ["donation", "volunteer_shift"]


WRONG = {
    "not json": ("{", "Correct the file"),
    "unknown part": ({"tables": {}}, "unknown field `tables`"),
    "wrong type": ({"paths": ["x"]}, "Expected `object`"),
    "unknown resource": ({"fields": {"people": {}}}, "knows no 'people'. Known: activities"),
    "unknown path": ({"paths": {"people": "/x"}}, "knows no 'people'"),
    "unknown field": ({"fields": {"terms": {"cost": "Cost"}}}, "terms knows no 'cost'. Known: end_on"),
    "needed field": ({"fields": {"terms": {"member": None}}}, "terms.member cannot be switched off"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_says_where_and_what(names, name):
    given, sentence = WRONG[name]

    with pytest.raises(mapping.MappingError) as caught:
        names(given)

    assert "mapping.json" in str(caught.value)
    assert sentence in str(caught.value)


def test_a_missing_file_and_a_wrong_time_zone_say_so(tmp_path):
    with pytest.raises(mapping.MappingError, match=r"cannot be read\. Check IMIS_MAPPING_FILE"):
        mapping.load(time_zone="UTC", path=tmp_path / "none.json")
    with pytest.raises(mapping.MappingError, match="Write one like America/Chicago"):
        mapping.load(time_zone="Texas")


@pytest.mark.parametrize("name", RESOURCES)
def test_a_field_is_needed_or_may_be_switched_off(names, name):
    """Switching off everything that may be leaves rows that are still read; the rest is refused."""
    needed = RESOURCES[name].shape.needed
    optional = {each.name: None for each in RESOURCES[name].fields if each.name not in needed}
    row = RECORDED[RESOURCES[name].path][0]
    imis = FakeImis({path: [] for path in RECORDED} | {RESOURCES[name].path: [row]})

    with imis.client(names=names({"fields": {name: optional}})) as client:
        pages = list(client.pages(RESOURCES[name]))

    assert [reject for page in pages for reject in page.rejects] == []
    assert [record.key for page in pages for record in page.records]
    for field in needed & {each.name for each in RESOURCES[name].fields}:
        with pytest.raises(mapping.MappingError, match="cannot be switched off"):
            names({"fields": {name: {field: None}}})


def test_the_dry_run_names_what_fits_what_is_missing_and_what_is_left_over():
    imis = FakeImis({path: rows for path, rows in RECORDED.items() if path != "/api/Event"})
    row = {
        "$type": "Row",
        "VisitId": 1,
        "ID": "101",
        "Kind": "login",
        "When": "2026-01-05T09:00:00",
        "Site": "x",
    }
    imis.lists["$/imis_ai/WebActivity"] = [row]

    with imis.client() as client:
        checks = {check.resource: check for check in client.check()}

    assert checks["web_visits"].missing == {"at": "At", "reference": "Reference", "quantity": "Minutes"}
    assert checks["web_visits"].unused == ["Site", "When"]
    assert checks["web_visits"].rejects == ["At is missing"]
    assert checks["activities"].unknown_kinds == {"MENTOR": 1}
    assert checks["terms"].missing == {}
    assert "/api/Event: not there for this account" in checks["events"].problem
    assert all(request.method == "GET" for request in imis.reads)


def test_a_damaged_page_is_a_line_of_the_dry_run_and_not_its_end():
    imis = FakeImis(RECORDED)
    imis.before = lambda number, request: reply(b"{") if b"Terms" in request.url.query else None

    with imis.client() as client:
        checks = {check.resource: check for check in client.check()}

    assert "not complete JSON" in checks["terms"].problem
    assert checks["texts"].problem == ""


@pytest.mark.row("GOV-09")
@pytest.mark.parametrize(
    ("answer", "writable", "words"),
    [
        (reply(True), True, "."),
        (reply({"$type": "System.Boolean", "$value": True}), True, "."),
        (reply(False), False, "needs write scope"),
        (reply({}, 501), None, "does not say"),
        (reply("maybe"), None, "does not say"),
    ],
)
def test_the_probe_asks_for_permission_and_writes_nothing(answer, writable, words):
    lists = RECORDED | {"/api/PartyNote": [], "/api/AI_MemberInsight": []}
    imis = FakeImis(lists)
    imis.before = lambda number, request: answer if "_haspermission" in request.url.path else None

    with imis.client() as client:
        probes = {probe.resource: probe for probe in client.probe()}

    assert probes["write:notes"].writable is writable
    assert words in probes["write:notes"].detail
    assert {request.method for request in imis.reads} == {"GET"}


def test_a_damaged_answer_is_a_line_of_the_probe():
    imis = FakeImis(RECORDED)
    imis.before = lambda number, request: reply(b"{") if b"Terms" in request.url.query else None

    with imis.client() as client:
        probes = {probe.resource: probe for probe in client.probe()}

    assert probes["terms"].state == "denied"
    assert "not complete JSON" in probes["terms"].detail
    assert probes["texts"].state == "readable"


def test_a_client_has_no_way_to_write():
    public = {name for name in dir(Client) if not name.startswith("_")}

    assert not public & {"post", "put", "delete", "write", "save"}
