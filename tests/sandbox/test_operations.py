"""Service operations (point 11) and change notifications (point 17)."""

import http.server
import json
import threading

import pytest

from tests.sandbox.conftest import TODAY, Caller


def execute(caller, entity, operation, *parameters):
    body = {
        "$type": "Asi.Soa.Core.DataContracts.GenericExecuteRequest, Asi.Contracts",
        "EntityTypeName": entity,
        "OperationName": operation,
        "Parameters": {"$values": list(parameters)},
    }
    return caller.post(f"/api/{entity}/_execute", body)


def test_a_query_is_found_by_path_in_the_ems_envelope_or_bare(caller):
    wrapped = execute(caller, "QueryDefinition", "FindByPath", "$/imis_ai/Terms").json()
    unknown = execute(caller, "QueryDefinition", "FindByPath", "$/imis_ai/Nothing").json()
    caller.edit(op="option", name="bare_execute", value=True)
    bare = execute(caller, "QueryDefinition", "FindByPath", "$/imis_ai/Terms").json()

    assert wrapped["$type"].startswith("Asi.Soa.Core.DataContracts.ServiceResponse`1[[")
    assert (wrapped["IsSuccessStatusCode"], wrapped["StatusCode"]) == (True, 200)
    assert unknown["Result"] is None
    assert bare == wrapped["Result"]
    assert [c["Alias"] for c in bare["Properties"]["$values"]][:3] == ["TermId", "ID", "Tier"]
    assert [c["Prompt"] for c in bare["Parameters"]["$values"]] == ["ChangedOn"]


def test_documents_roles_and_contacts_are_found(caller, someone):
    def result(*call):
        return execute(caller, *call).json()["Result"]

    assert result("DocumentSummary", "FindByPath", "$/imis_ai")["IsFolder"] is True
    assert "Terms" in [
        d["Name"]
        for d in result("DocumentSummary", "FindDocumentsInFolder", "$/imis_ai", ["IQD"], False)["$values"]
    ]
    assert "SysAdmin" in result("UserSecurity", "GetUserRoles", "staff")["$values"]
    assert "SysAdmin" not in result("UserSecurity", "GetUserRoles", "imis_ai")["$values"]
    assert result("Party", "FindByAlternateId", "MajorKey", someone)["PartyId"] == someone
    assert execute(caller, "TaskDefinition", "Anything").status_code == 404
    assert execute(caller, "Group", "Anything").status_code == 501
    assert execute(caller, "Group", "RefreshDynamicGroup").status_code == 400


def test_a_dynamic_group_is_refreshed_from_our_panel_rows(caller, someone):
    with Caller(caller.running, "staff") as staff:
        text = {
            "$type": "Asi.Soa.Core.DataContracts.PropertyTypeStringData, Asi.Contracts",
            "Name": "Segment",
            "PropertyTypeName": "String",
            "MaxLength": 40,
        }
        staff.post(
            "/api/BOEntityDefinition",
            {
                "EntityTypeName": "AI_Segment",
                "ObjectTypeName": "Multi",
                "PrimaryParentEntityTypeName": "Party",
                "Properties": [text],
            },
        )
    caller.edit(op="flag_panel", name="AI_Segment")
    row = {
        "PrimaryParentIdentity": {"IdentityElements": [someone]},
        "Properties": {"$values": [{"Name": "Segment", "Value": "AIDYNAMIC"}]},
    }
    assert caller.post("/api/AI_Segment", row).status_code == 201

    assert execute(caller, "Group", "RefreshDynamicGroup", "AIDYNAMIC").json()["Result"] is True
    assert [m["Party"]["PartyId"] for m in caller.items("/api/GroupMember", GroupId="AIDYNAMIC")] == [someone]
    assert execute(caller, "Group", "RefreshDynamicGroup", "AIHIGH").status_code == 400


def test_invoices_are_adjusted_and_reversed_by_operations(caller):
    invoice = caller.rows("Invoices", Balance="gt:0")[0]["InvoiceId"]
    line = {"AdjustmentPrice": -10.0}
    before = caller.get(f"/api/Invoice/{invoice}").json()["Balance"]["Amount"]

    may = execute(caller, "Invoice", "CanDuesInvoiceBeAdjusted", invoice).json()["Result"]
    silent = execute(
        caller, "Invoice", "ProcessCashAdjustment", {"InvoiceId": invoice, "InvoiceLineAdjustments": [line]}
    )
    said = execute(
        caller,
        "Invoice",
        "ProcessCashAdjustment",
        {"InvoiceId": invoice, "AdjustmentReason": "goodwill", "InvoiceLineAdjustments": [line]},
    )
    after = caller.get(f"/api/Invoice/{invoice}").json()["Balance"]["Amount"]
    reversed_ = execute(caller, "Invoice", "ProcessCashReversal", {"InvoiceId": invoice})

    assert may is True
    assert (silent.status_code, said.status_code, reversed_.status_code) == (400, 200, 200)
    assert after == before - 10
    assert "Amount" not in caller.get(f"/api/Invoice/{invoice}").json()["Balance"]


def test_one_member_is_billed_and_not_twice(caller):
    owing = {row["ID"] for row in caller.rows("Invoices", Balance="gt:0")}
    member = next(m for m in caller.truth()["members"] if m not in owing)
    billing = {"BillingCycleId": "ANNUAL", "IndividualBillingPartyId": member, "IsRenewal": True}

    first = execute(caller, "LegacyBilling", "RunIndividual", billing, "imis_ai")
    second = execute(caller, "LegacyBilling", "RunIndividual", billing, "imis_ai")

    assert first.json()["Result"]["Status"] == 2
    assert caller.get(f"/api/Invoice/{first.json()['Result']['InvoiceId']}").json()["Balance"]["Amount"] > 0
    assert second.status_code == 400


def test_the_reading_account_may_ask_but_not_do(caller):
    caller.login("reader")

    assert execute(caller, "QueryDefinition", "FindByPath", "$/imis_ai/Terms").status_code == 200
    assert execute(caller, "Group", "RefreshDynamicGroup", "AIDYNAMIC").status_code == 403


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers the handshake with the code, or not, and keeps what it gets."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, dict(self.headers), body))
        code = body[0]["data"].get("validationCode", "") if isinstance(body[0]["data"], dict) else ""
        answer = json.dumps({"validationResponse": code if self.server.honest else "wrong"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = http.server.HTTPServer(("127.0.0.1", 0), Endpoint)
    server.got, server.honest = [], True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def address(endpoint):
    return f"http://127.0.0.1:{endpoint.server_address[1]}/hook/secret"


def test_only_an_endpoint_that_returns_the_code_is_subscribed(caller, endpoint):
    endpoint.honest = False
    refused = caller.post("/_sandbox/notify", {"url": address(endpoint)}).json()
    endpoint.honest = True
    accepted = caller.post(
        "/_sandbox/notify", {"url": address(endpoint), "headers": {"X-Secret": "s3"}}
    ).json()

    assert (refused["validated"], accepted["validated"]) == (False, True)
    path, headers, events = endpoint.got[-1]
    assert (path, headers["X-Secret"], headers["aeg-event-type"]) == (
        "/hook/secret",
        "s3",
        "SubscriptionValidation",
    )
    assert events[0]["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent"


def test_changes_are_announced_thinly_and_money_is_not(caller, endpoint, someone):
    caller.post("/_sandbox/notify", {"url": address(endpoint), "headers": {"X-Secret": "s3"}})
    party = caller.get(f"/api/Party/{someone}").json()
    caller.edit(op="update", table="Invoices", id=caller.rows("Invoices")[0]["InvoiceId"], Balance=0)
    caller.put(f"/api/Party/{someone}", party)
    wait_for(lambda: len(endpoint.got) > 1)

    _, headers, events = endpoint.got[1]

    assert [(e["eventType"], e["subject"]) for e in events] == [("Party.Updated", f"Party/{someone}")]
    assert set(events[0]["data"]) == {"EntityTypeName", "TopicName", "Subject", "EventType"}
    assert headers["X-Secret"] == "s3"
    assert events[0]["eventTime"].startswith(TODAY)


def test_events_come_twice_and_in_any_order_when_asked(caller, endpoint):
    wanted = [{"entity": "Party", "subject": str(n)} for n in range(4)]

    answer = caller.post(
        "/_sandbox/notify",
        {
            "url": address(endpoint),
            "handshake": False,
            "events": wanted,
            "duplicates": 1,
            "shuffle": True,
            "batch": 3,
        },
    ).json()

    arrived = [e for _, _, events in endpoint.got for e in events]
    assert answer == {"sent": 8, "statuses": [200, 200, 200]}
    assert len({e["id"] for e in arrived}) == 4
    assert [e["subject"] for e in arrived] != sorted(e["subject"] for e in arrived)


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen within 4 seconds")
