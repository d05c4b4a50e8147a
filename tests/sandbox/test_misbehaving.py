"""The fault plan and the usage guard (points 15 and 16), and edits between two pages."""

import json
import threading
import time

import httpx2
import pytest

from tests.sandbox.conftest import Caller
from tests.sandbox.test_writing import activity


def statuses(caller, count, path="/api/Event"):
    return [caller.get(path, limit=1).status_code for _ in range(count)]


@pytest.mark.parametrize("fault", ["429", "408", "500", "503", "403"])
def test_a_status_comes_as_often_as_planned(caller, fault):
    caller.faults({"fault": fault, "path": "/api/event", "after": 1, "times": 2})

    assert statuses(caller, 5) == [200, int(fault), int(fault), 200, 200]
    assert caller.get("/_sandbox/faults").json()["rules"][0]["acted"] == 2


def test_rules_act_every_nth_time_or_by_reproducible_chance(caller):
    caller.faults({"fault": "500", "every": 3})
    regular = statuses(caller, 6)
    runs = []
    for _ in range(2):
        caller.faults({"fault": "429", "rate": 0.3, "seed": 5})
        runs.append(statuses(caller, 40))

    assert regular == [200, 200, 500, 200, 200, 500]
    assert runs[0] == runs[1]
    assert 4 < runs[0].count(429) < 22


def test_retry_after_is_sent_and_impatience_is_counted(caller):
    caller.faults({"fault": "429", "retry_after": 1})

    answer = caller.get("/api/Event")
    caller.get("/api/Event")
    early = caller.get("/_sandbox/faults").json()["too_early"]

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert early == 1


def test_the_generic_500_has_its_generic_words(caller):
    caller.faults({"fault": "500"})

    assert "An error occurred. Please contact the administrator." in caller.get("/api/Event").text


def test_a_slow_answer_is_slow(caller):
    caller.faults({"fault": "slow", "seconds": 0.4})
    began = time.monotonic()

    assert caller.get("/api/Event").status_code == 200
    assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize(("fault", "stored"), [("cut_before", 0), ("cut_after", 1), ("500_after_commit", 1)])
def test_a_lost_answer_before_or_after_the_commit(caller, someone, fault, stored):
    caller.faults({"fault": fault, "method": "POST", "path": "/api/activity"})

    try:
        assert caller.post("/api/Activity", activity(someone)).status_code == 500
    except httpx2.TransportError:
        assert fault.startswith("cut")

    assert len(caller.items("/api/Activity", OTHER_CODE="AI-000123")) == stored


def test_a_late_commit_happens_after_the_connection_was_lost(caller, someone):
    caller.faults({"fault": "late_commit", "seconds": 0.3, "method": "POST"})

    with pytest.raises(httpx2.TransportError):
        caller.post("/api/Activity", activity(someone))
    at_once = len(caller.items("/api/Activity", OTHER_CODE="AI-000123"))
    time.sleep(0.5)

    assert (at_once, len(caller.items("/api/Activity", OTHER_CODE="AI-000123"))) == (0, 1)


def test_half_a_body_and_then_nothing(caller):
    caller.faults({"fault": "cut_middle"})

    with pytest.raises(httpx2.TransportError):
        caller.get("/api/Event")


def test_a_token_expires_between_two_pages(caller):
    caller.faults({"fault": "expired_token", "path": "offset=100"})

    first, second = (caller.get("/api/Party", offset=offset, limit=100) for offset in (0, 100))

    assert (first.status_code, second.status_code) == (200, 401)


def test_wrong_answers_with_status_200(caller):
    kinds = {}
    for fault in ("html", "truncated", "empty_page", "half"):
        caller.faults({"fault": fault})
        kinds[fault] = caller.get("/api/Event", limit=10)

    assert {a.status_code for a in kinds.values()} == {200}
    assert kinds["html"].text.startswith("<!DOCTYPE html>")
    with pytest.raises(json.JSONDecodeError):
        kinds["truncated"].json()
    assert (kinds["empty_page"].json()["Items"]["$values"], kinds["empty_page"].json()["TotalCount"] > 0) == (
        [],
        True,
    )
    assert kinds["half"].json()["Count"] == 5


def test_the_first_page_again_under_another_offset(caller):
    first = caller.get("/api/Event", limit=10).json()
    caller.faults({"fault": "wrong_page"})

    page = caller.get("/api/Event", limit=10, offset=10).json()

    assert page["Offset"] == 10
    assert page["Items"] == first["Items"]


def test_a_stale_answer_is_the_one_from_before(caller, someone):
    caller.faults({"fault": "stale", "path": "/api/party/", "after": 1, "times": 1})
    before = caller.get(f"/api/Party/{someone}").json()
    caller.edit(op="update", id=someone, Title="Chief Engineer")

    stale, now = (caller.get(f"/api/Party/{someone}").json() for _ in range(2))

    assert stale == before
    assert now["FunctionalTitle"] == "Chief Engineer"


def test_a_row_disappears_between_two_pages(caller):
    ids = [row["ID"] for row in caller.rows("MemberIds")]
    caller.faults({"fault": "edit", "path": "offset=50", "edit": {"op": "delete", "id": ids[0]}})

    first, second = (
        caller.get("/api/query", QueryName="$/imis_ai/MemberIds", limit=50, offset=o).json() for o in (0, 50)
    )

    seen = [row["ID"] for page in (first, second) for row in page["Items"]["$values"]]
    assert first["TotalCount"] - second["TotalCount"] == 1
    assert ids[50] not in seen  # the drift that a client must cope with


def test_the_clock_can_jump(caller):
    before = caller.get("/_sandbox/now").json()["now"]
    caller.faults({"fault": "clock", "seconds": -7200})
    caller.get("/api/Event")

    assert caller.get("/_sandbox/now").json()["now"] < before


def test_a_plan_that_makes_no_sense_is_refused(caller):
    answer = caller.post("/_sandbox/faults", [{"fault": "earthquake"}])

    assert answer.status_code == 400
    assert "earthquake" in answer.text


def test_two_requests_at_the_same_time_are_seen(fresh, caller):
    caller.faults({"fault": "slow", "seconds": 0.5, "path": "/api/event"})
    with Caller(fresh) as other:
        slow = threading.Thread(target=caller.get, args=("/api/Event",))
        slow.start()
        time.sleep(0.2)
        other.get("/api/Event")
        slow.join()

    usage = caller.get("/_sandbox/usage").json()

    assert (usage["parallel"], usage["most_at_once"]) == (1, 2)
    assert any("at the same time" in v for v in usage["violations"])


def test_a_second_poll_within_the_hour_and_a_second_full_reading_are_seen(caller):
    caller.http.delete("/_sandbox/usage")
    caller.get("/api/Party", limit=100)
    caller.get("/api/Party", limit=100, offset=100)
    clean = caller.get("/_sandbox/usage").json()["violations"]
    caller.get("/api/Party", limit=100)
    caller.get("/api/query", QueryName="$/imis_ai/Terms")
    usage = caller.get("/_sandbox/usage").json()

    assert clean == []
    assert usage["violations"] == [
        "api/party polled again within the hour",
        "all contacts read without a filter more than once",
    ]
    assert usage["streams"] == {"api/party": 3, "query/terms": 1}


def test_an_hour_later_the_poll_is_fine(caller):
    caller.http.delete("/_sandbox/usage")
    caller.get("/api/Event")
    caller.edit(op="advance", days=1)
    caller.login("imis_ai")
    caller.get("/api/Event")

    assert caller.get("/_sandbox/usage").json()["violations"] == []


def test_a_query_is_renamed_under_the_client(caller):
    caller.edit(op="rename_query", name="Terms", to="Membership Terms")

    assert caller.get("/api/query", QueryName="$/imis_ai/Terms").status_code == 404
    assert caller.rows("Membership Terms")


def test_edits_change_what_is_served_and_stamp_it(caller, someone):
    event = caller.items("/api/Event")[0]["EventId"]
    caller.edit(op="rename_event", id=event, name="Structures Day")
    new = caller.edit(op="add_member", first_name="Ana", last_name="Duarte")["id"]
    caller.edit(op="add_activity", id=someone, at="2026-01-05T10:00:00", type="CERT")
    caller.edit(op="consent", id=someone, channel="email", granted=False)
    caller.edit(op="erase", id=list(caller.truth()["members"])[5])
    touched = caller.edit(op="touch_percent", percent=2)
    now = caller.get("/_sandbox/now").json()["now"][:10]

    assert caller.get(f"/api/Event/{event}").json()["Name"] == "Structures Day"
    assert caller.rows("Terms", ID=new)[0]["BillBegin"][:10] == now
    assert len(caller.items("/api/PartyDeleteLog")) == 2
    assert touched["Party"] == round(len(caller.rows("MemberIds")) * 0.02)
    assert len(caller.items("/api/Party", UpdatedOn=f"ge:{now}")) >= touched["Party"]
    assert len(caller.rows("WebActivity", Parameter=f"ge:{now}")) == touched["WebActivity"]
    assert caller.post("/_sandbox/edit", {"op": "explode"}).status_code == 400


def test_advancing_brings_payments_and_new_terms(caller):
    before, owed = len(caller.rows("Terms")), len(caller.rows("Invoices", Balance="gt:0"))

    done = caller.edit(op="advance", days=7)
    caller.login("imis_ai")

    assert done["today"] == "2026-11-28"
    assert done["paid"] > 0
    assert len(caller.rows("Invoices", Balance="gt:0")) == owed - done["paid"]
    assert len(caller.rows("Terms")) > before


def test_a_reset_brings_the_association_back(caller, someone):
    caller.edit(op="delete", id=someone)
    caller.post("/_sandbox/reset")
    caller.login("imis_ai")

    assert caller.get(f"/api/Party/{someone}").status_code == 200
    assert caller.get("/_sandbox/log").json() == []
