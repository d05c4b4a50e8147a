"""Writing: contacts, groups, panel sources, activities, dues, the change log (points 7 to 10, 13 and 14)."""

import pytest

from tests.sandbox.conftest import bag

GENERIC = "Asi.Soa.Core.DataContracts.GenericEntityData, Asi.Contracts"


def attributes(party, **values):
    """The party with attributes changed."""
    items = [p for p in party["AdditionalAttributes"]["$values"] if p["Name"] not in values]
    items += [{"Name": name, "Value": value} for name, value in values.items()]
    return party | {"AdditionalAttributes": party["AdditionalAttributes"] | {"$values": items}}


@pytest.mark.parametrize(
    "name", ["CustomerTypeCode", "JoinDate", "PaidThruDate", "RenewedThruDate", "Chapter"]
)
def test_restricted_attributes_are_for_billing_or_staff(caller, staff, someone, name):
    party = caller.get(f"/api/Party/{someone}").json()
    other = "2020-01-01T00:00:00" if "Date" in name else "FEL" if name == "CustomerTypeCode" else "GLF"
    other = "ASC" if bag(party, "AdditionalAttributes")[name] == other else other

    refused = caller.put(f"/api/Party/{someone}", attributes(party, **{name: other}))
    unchanged = caller.put(f"/api/Party/{someone}", party)
    by_staff = staff.put(f"/api/Party/{someone}", attributes(party, **{name: other}))

    assert (refused.status_code, refused.reason_phrase) == (400, "Validation error")
    assert refused.json()["Errors"]["$values"][0]["FieldName"] == name
    assert refused.json()["Warnings"]["$values"] == []
    assert (unchanged.status_code, by_staff.status_code) == (200, 200)


def test_a_put_replaces_the_whole_contact(caller, someone):
    party = caller.get(f"/api/Party/{someone}").json()
    without = {k: v for k, v in party.items() if k != "Addresses"} | {"FunctionalTitle": "Chief Engineer"}

    answer = caller.put(f"/api/party/{someone}", without)
    after = caller.get(f"/api/Party/{someone}").json()

    assert answer.status_code == 200
    assert after["FunctionalTitle"] == "Chief Engineer"
    assert after["Addresses"]["$values"] == []
    assert after["Emails"] == party["Emails"]
    assert after["UpdateInformation"]["UpdatedOn"] > party["UpdateInformation"]["UpdatedOn"]
    assert [
        p["PartyId"]
        for p in caller.items("/api/Party", UpdatedOn=f"ge:{after['UpdateInformation']['UpdatedOn']}")
    ] == [someone]


def test_a_new_contact_gets_a_number_and_needs_a_name(caller):
    nameless = caller.post("/api/Party", {"PersonName": {"FirstName": "Ana"}})
    named = caller.post(
        "/api/Party",
        {
            "PersonName": {"FirstName": "Ana", "LastName": "Duarte"},
            "Emails": [{"Address": "ana.duarte@example.org", "IsPrimary": True}],
        },
    )

    assert nameless.status_code == 400
    assert named.status_code == 201
    assert [p["PartyId"] for p in caller.items("/api/Party", email="ana.duarte@example.org")] == [
        named.json()["PartyId"]
    ]


def test_the_reading_account_may_not_write(fresh, caller, someone):
    party = caller.get(f"/api/Party/{someone}").json()
    caller.login("reader")

    assert caller.get(f"/api/Party/{someone}").status_code == 200
    assert caller.put(f"/api/Party/{someone}", party).status_code == 403
    assert caller.get("/api/Party/_haspermission/Update").json() is False


def group_body(party, *details, group="AIHIGH"):
    return {
        "Group": {"GroupId": group},
        "Party": {"PartyId": party},
        "MembershipDetails": {"$values": list(details)},
    }


def term(start, end, role="MEMBER", **more):
    return {
        "EffectiveDate": f"{start}T00:00:00",
        "ExpirationDate": f"{end}T00:00:00",
        "Role": {"RoleId": role},
    } | more


def details(answer):
    return answer.json()["MembershipDetails"]["$values"]


def test_group_terms_are_replaced_as_a_whole(caller, someone):
    first = caller.post(
        "/api/GroupMember",
        group_body(someone, term("2025-01-01", "2025-06-30"), term("2026-01-01", "2027-06-30", "CHAIR")),
    )
    kept = [d for d in details(first) if d["Role"]["RoleId"] == "CHAIR"]
    second = caller.put(f"/api/GroupMember/AIHIGH-{someone}", group_body(someone, *kept))
    read = caller.items("/api/GroupMember", PartyId=someone, GroupId="AIHIGH")

    assert (first.status_code, second.status_code) == (201, 200)
    assert (len(details(first)), len(details(second))) == (2, 1)
    assert details(second)[0]["GroupMemberDetailId"] == kept[0]["GroupMemberDetailId"]
    assert read[0]["IsActive"] is True


def test_overlapping_terms_of_one_role_are_merged(caller, someone):
    both = group_body(
        someone,
        term("2026-01-01", "2026-06-30"),
        term("2026-05-01", "2027-01-31"),
        term("2026-05-01", "2027-01-31", "CHAIR"),
    )

    answer = caller.post("/api/GroupMember", both)

    spans = {
        d["Role"]["RoleId"]: (d["EffectiveDate"][:10], d["ExpirationDate"][:10]) for d in details(answer)
    }
    assert spans == {"MEMBER": ("2026-01-01", "2027-01-31"), "CHAIR": ("2026-05-01", "2027-01-31")}


def test_one_term_ends_by_its_number_and_dynamic_groups_are_not_written(caller, someone):
    answer = caller.post("/api/GroupMember", group_body(someone, term("2026-01-01", "2027-06-30")))
    number = details(answer)[0]["GroupMemberDetailId"]

    assert caller.delete(f"/api/GroupMemberDetail/{number}").status_code == 200
    assert details(caller.get(f"/api/GroupMember/AIHIGH-{someone}")) == []
    assert "IsActive" not in caller.get(f"/api/GroupMember/AIHIGH-{someone}").json()
    assert caller.post("/api/GroupMember", group_body(someone, group="AIDYNAMIC")).status_code == 400
    assert caller.delete(f"/api/GroupMember/AIHIGH-{someone}").status_code == 405


def definition(kind="Multi", name="AI_MemberInsight", parent="Party"):
    text, number = (
        "Asi.Soa.Core.DataContracts.PropertyTypeStringData, Asi.Contracts",
        "Asi.Soa.Core.DataContracts.PropertyTypeIntegerData, Asi.Contracts",
    )
    return {
        "$type": "Asi.Soa.Core.DataContracts.BOEntityDefinitionData, Asi.Contracts",
        "EntityTypeName": name,
        "ObjectTypeName": kind,
        "PrimaryParentEntityTypeName": parent,
        "Properties": {
            "$values": [
                {
                    "$type": text,
                    "Name": "RunKey",
                    "PropertyTypeName": "String",
                    "MaxLength": 12,
                    "Required": True,
                },
                {"$type": number, "Name": "ChurnScore", "PropertyTypeName": "Integer", "Logged": True},
            ]
        },
    }


def insight(member, run="r-20250801", score=72, name="AI_MemberInsight"):
    owner = {"EntityTypeName": "Party", "IdentityElements": {"$values": [member]}}
    values = [
        {"Name": "ID", "Value": member},
        {"Name": "RunKey", "Value": run},
        {"Name": "ChurnScore", "Value": {"$type": "System.Int32", "$value": score}},
    ]
    return {
        "$type": GENERIC,
        "EntityTypeName": name,
        "PrimaryParentEntityTypeName": "Party",
        "PrimaryParentIdentity": owner,
        "Properties": {"$values": values},
    }


@pytest.fixture
def panel(caller, staff):
    assert staff.post("/api/BOEntityDefinition", definition()).status_code == 201
    caller.edit(op="flag_panel", name="AI_MemberInsight")


def test_a_panel_source_is_defined_by_a_sysadmin_and_flagged_by_hand(caller, staff, someone):
    unknown = caller.post("/api/AI_MemberInsight", insight(someone))
    by_account, by_staff = (who.post("/api/BOEntityDefinition", definition()) for who in (caller, staff))
    again = staff.post("/api/BOEntityDefinition", definition())
    unflagged = caller.get("/api/AI_MemberInsight", limit=1)
    caller.edit(op="flag_panel", name="AI_MemberInsight")

    assert (unknown.status_code, by_account.status_code, by_staff.status_code, again.status_code) == (
        404,
        403,
        201,
        409,
    )
    assert unflagged.status_code == 403
    assert caller.get("/api/ai_memberinsight", limit=1).json()["TotalCount"] == 0
    assert (
        caller.get("/api/BoEntityDefinition/ai_memberinsight").json()["EntityTypeName"] == "AI_MemberInsight"
    )


def test_the_answer_says_ordinal_0_and_the_next_one_is_stored(panel, caller, someone):
    answers = [caller.post("/api/AI_MemberInsight", insight(someone, run)) for run in ("r-1", "r-2")]
    stored = caller.items("/api/AI_MemberInsight", ID=someone, RunKey="eq:r-2")

    assert [a.status_code for a in answers] == [201, 201]
    assert [bag(a.json())["Ordinal"]["$value"] for a in answers] == [0, 0]
    assert [bag(row)["Ordinal"]["$value"] for row in stored] == [2]
    assert stored[0]["Identity"]["IdentityElements"]["$values"] == [someone, "2"]


def test_panel_rows_are_changed_and_removed_by_their_identity(panel, caller, someone):
    caller.post("/api/AI_MemberInsight", insight(someone))

    changed = caller.put(f"/api/AI_MemberInsight/~{someone}%7C1", insight(someone, score=91))
    missing = caller.put(f"/api/AI_MemberInsight/~{someone}|9", insight(someone))
    removed = caller.delete(f"/api/AI_MemberInsight/~{someone}|1")

    assert (changed.status_code, bag(changed.json())["ChurnScore"]["$value"]) == (200, 91)
    assert (missing.status_code, removed.status_code) == (404, 200)
    assert caller.items("/api/AI_MemberInsight") == []


def test_a_single_row_is_404_then_post_then_put(caller, staff, someone):
    staff.post("/api/BOEntityDefinition", definition("Single", "AI_Current"))
    caller.edit(op="flag_panel", name="AI_Current")
    row = insight(someone, name="AI_Current")

    missing = caller.get(f"/api/AI_Current/{someone}")
    created = caller.post("/api/AI_Current", row)
    twice = caller.post("/api/AI_Current", row)
    changed = caller.put(f"/api/AI_Current/{someone}", row)

    assert [a.status_code for a in (missing, created, twice, changed)] == [404, 201, 409, 200]
    assert created.json()["Identity"]["IdentityElements"]["$values"] == [someone]


@pytest.mark.parametrize(
    ("row", "status", "says"),
    [
        (insight("{}", run="r" * 13), 400, "longer than 12"),
        (insight("{}", run=""), 400, "required"),
        (insight("000000"), 400, "no contact 000000"),
        (insight("{}", score="high"), 500, "Unable to cast"),
    ],
    ids=["over-long", "missing", "no such contact", "wrong type"],
)
def test_panel_rows_that_do_not_fit_are_refused(panel, caller, someone, row, status, says):
    text = __import__("json").dumps(row).replace("{}", someone)

    answer = caller.http.post("/api/AI_MemberInsight", content=text)

    assert answer.status_code == status
    assert says in answer.text


def activity(member, **values):
    given = {
        "PartyId": member,
        "ACTIVITY_TYPE": "AIOUT",
        "DESCRIPTION": "Renewal outreach",
        "OTHER_CODE": "AI-000123",
    } | values
    return {
        "$type": GENERIC,
        "EntityTypeName": "Activity",
        "Properties": {"$values": [{"Name": n, "Value": v} for n, v in given.items()]},
    }


def test_an_activity_answers_with_its_number(caller, someone):
    answer = caller.post("/api/Activity", activity(someone, NOT_A_COLUMN="ignored"))
    number = answer.json()["Identity"]["IdentityElements"]["$values"][0]
    read = caller.get(f"/api/Activity/{number}").json()

    assert answer.status_code == 201
    assert int(number) > 1_000_000
    assert bag(read)["OTHER_CODE"] == "AI-000123"
    assert "NOT_A_COLUMN" not in bag(read)
    assert [bag(r)["SEQN"]["$value"] for r in caller.items("/api/Activity", OTHER_CODE="AI-000123")] == [
        int(number)
    ]


def test_an_activity_that_does_not_fit_is_refused(caller, someone):
    assert caller.post("/api/Activity", activity(someone, ACTIVITY_TYPE="NOSUCH")).status_code == 400
    assert caller.post("/api/Activity", activity("000000")).status_code == 400
    assert caller.post("/api/Activity", activity(someone, DESCRIPTION="x" * 256)).status_code == 400
    assert caller.post("/api/Activity/_validate", activity(someone)).json()["IsValid"] is True


def money(amount):
    return {"Amount": amount, "Currency": {"CurrencyCode": "USD"}}


def subscription(member, item="EXTRA", **more):
    return {"PartyId": member, "ItemId": item, "BilledAmount": money(50.0), "BillSubscription": True} | more


def test_a_billed_subscription_opens_an_invoice_or_joins_the_one_named(caller, someone):
    alone = caller.post("/api/Subscription", subscription(someone)).json()
    joined = caller.post(
        "/api/Subscription", subscription(someone, "MORE", InvoiceId=alone["InvoiceId"])
    ).json()
    unbilled = caller.post("/api/Subscription", subscription(someone, "FREE", BillSubscription=False)).json()
    invoice = caller.get(f"/api/Invoice/{alone['InvoiceId']}").json()

    assert joined["InvoiceId"] == alone["InvoiceId"]
    assert (invoice["InvoiceAmount"]["Amount"], invoice["Balance"]["Amount"]) == (100.0, 100.0)
    assert "InvoiceId" not in unbilled
    assert caller.post("/api/Subscription", subscription(someone)).status_code == 409
    assert (
        caller.post("/api/Subscription", subscription(someone, "BAD", InvoiceId="INV-0")).status_code == 400
    )


def test_a_subscription_is_cancelled_by_put_and_its_computed_amounts_are_fixed(caller, someone):
    tier = caller.rows("Terms", ID=someone)[-1]["Tier"]
    old = caller.get(f"/api/Subscription/~{someone}|{tier}").json()

    cancelled = caller.put(
        f"/api/Subscription/~{someone}|{tier}", old | {"Status": 1, "CancelledAsOf": "2026-11-21T00:00:00"}
    )
    refused = caller.put(f"/api/Subscription/~{someone}|{tier}", old | {"PaymentAmount": money(1.0)})

    assert (cancelled.status_code, cancelled.json()["Status"]) == (200, 1)
    assert refused.status_code == 400
    assert caller.items("/api/Subscription", PartyId=someone, Status=0) == []


def adjustment(member, old, new="FEL"):
    items = [{"ItemId": old, "Action": 2}, {"ItemId": new, "Action": 1, "AdjustmentAmount": 104.17}]
    return {
        "PartyId": member,
        "AdjustmentDate": "2026-11-21T00:00:00",
        "AdjustmentEffectiveDate": "2026-11-21T00:00:00",
        "AdjustmentReason": "imis_ai approval 77",
        "AdjustmentItems": {"$values": items},
    }


def test_a_mid_term_change_needs_a_zero_balance_and_the_authorisation(fresh, caller):
    open_ones = {row["ID"] for row in caller.rows("Invoices", Balance="gt:0")}
    members = caller.truth()["members"]
    debtor = next(m for m in members if m in open_ones)
    clear = next(m for m in members if m not in open_ones and caller.rows("Terms", ID=m)[-1]["Tier"] != "FEL")
    tier = caller.rows("Terms", ID=clear)[-1]["Tier"]

    refused = caller.post("/api/MembershipAdjustment", adjustment(debtor, "PRO"))
    done = caller.post("/api/MembershipAdjustment", adjustment(clear, tier))
    after = {s["ItemId"]: s.get("Status", 0) for s in caller.items("/api/Subscription", PartyId=clear)}
    party = caller.get(f"/api/Party/{clear}").json()

    assert refused.status_code == 400
    assert "zero balance" in refused.text
    assert done.status_code == 201
    assert after == {tier: 1, "FEL": 0}
    assert bag(party, "AdditionalAttributes")["CustomerTypeCode"] == "FEL"
    assert (
        caller.get(f"/api/Invoice/{done.json()['InvoiceIds']['$values'][0]}").json()["Balance"]["Amount"]
        == 104.17
    )


def test_invoices_are_read_only_and_payments_may_not_exceed_the_balance(caller):
    invoice = caller.rows("Invoices", Balance="gt:0")[0]
    pay = {
        "Payments": [
            {
                "ReferenceNumber": "CHK 1",
                "Applications": [
                    {"InvoiceId": invoice["InvoiceId"], "ApplicationAmount": money(invoice["Balance"])}
                ],
            }
        ]
    }
    much = {
        "Payments": [
            {
                "Applications": [
                    {"InvoiceId": invoice["InvoiceId"], "ApplicationAmount": money(invoice["Balance"] + 1)}
                ]
            }
        ]
    }

    read_only = [caller.post(f"/api/{name}", {}).status_code for name in ("Invoice", "InvoiceSummary")]
    too_much, paid = caller.post("/api/ComboOrder", much), caller.post("/api/ComboOrder", pay)

    assert read_only == [405, 405]
    assert (too_much.status_code, paid.status_code) == (400, 201)
    assert "Amount" not in caller.get(f"/api/Invoice/{invoice['InvoiceId']}").json()["Balance"]
    assert [p["Amount"]["Amount"] for p in caller.items("/api/Payment", PaymentReference="CHK 1")] == [
        invoice["Balance"]
    ]


def test_changes_of_contacts_and_logged_properties_are_in_the_change_log(panel, caller, someone):
    party = caller.get(f"/api/Party/{someone}").json()
    caller.put(f"/api/Party/{someone}", party | {"FunctionalTitle": "Chief Engineer"})
    caller.post("/api/AI_MemberInsight", insight(someone))

    mine = caller.items("/api/ChangeLog", IdentityEntityTypeName="Party", IdentityIdentityElement=someone)
    scores = caller.items("/api/ChangeLog", IdentityEntityTypeName="AI_MemberInsight")

    assert [c["PropertyName"] for row in mine for c in row["Changes"]["$values"]] == ["Name.TITLE"]
    assert mine[0]["Changes"]["$values"][0]["NewValue"] == "Chief Engineer"
    assert [c["PropertyName"] for row in scores for c in row["Changes"]["$values"]] == [
        "AI_MemberInsight.ChurnScore"
    ]
    assert caller.post("/api/ChangeLog", {}).status_code == 501


def test_a_merge_moves_the_rows_and_leaves_its_trace(caller):
    members = list(caller.truth()["members"])
    gone, kept = members[0], members[1]
    before = len(caller.rows("WebActivity", ID=gone)) + len(caller.rows("WebActivity", ID=kept))
    caller.edit(op="merge", discarded=gone, retained=kept)
    log = caller.items("/api/ChangeLog", IdentityEntityTypeName="Party", IdentityIdentityElement=kept)[-1]

    assert len(caller.rows("WebActivity", ID=kept)) == before
    assert caller.rows("WebActivity", ID=gone) == []
    assert caller.get(f"/api/Party/{gone}").status_code == 404
    change = log["Changes"]["$values"][0]
    assert (change["OriginalValue"], change["NewValue"]) == (f"{gone} - Merged", f"{kept} - Merged")


def test_a_merged_contact_may_stay_marked_instead(caller):
    gone, kept = list(caller.truth()["members"])[:2]
    caller.edit(op="option", name="merged_answer", value="D")
    caller.edit(op="merge", discarded=gone, retained=kept)

    party = caller.get(f"/api/Party/{gone}").json()

    assert (party["Status"]["PartyStatusId"], party["IsMarkedForDelete"]) == ("D", True)


def test_what_is_written_about_contacts_can_be_read_again(caller, someone):
    note = caller.post(
        "/api/PartyNote", {"PartyId": someone, "Purpose": "AI", "Text": "Hardship noted"}
    ).json()
    call = caller.post(
        "/api/ContactInteraction",
        {"PartyId": someone, "InteractionTypeCode": "AIOUT", "InteractionDate": "2026-11-21T10:00:00"},
    )
    log = caller.post("/api/CommunicationLog", {"Subject": "Your renewal", "Status": 3}).json()
    recipient = {
        "CommunicationLog": {"CommunicationLogId": log["CommunicationLogId"]},
        "Party": {"PartyId": someone},
        "Address": "a@example.org",
    }

    assert caller.get(f"/api/PartyNote/{note['PartyNoteId']}").json()["Text"] == "Hardship noted"
    assert call.status_code == 201
    assert caller.post("/api/CommunicationLogRecipient", recipient).status_code == 201
    assert len(caller.items("/api/CommunicationLogRecipient", PartyId=someone)) == 1
    assert caller.post("/api/PartyNote", {"PartyId": "000000", "Text": "?"}).status_code == 400


def test_every_write_is_in_the_log_and_no_read_is(caller, someone):
    caller.get("/api/Party", limit=1)
    caller.post("/api/Activity", activity(someone))

    log = caller.http.get("/_sandbox/log").json()

    assert [(e["method"], e["path"], e["user"], e["status"]) for e in log] == [
        ("POST", "/api/Activity", "imis_ai", 201)
    ]
    assert log[0]["body"]["EntityTypeName"] == "Activity"
