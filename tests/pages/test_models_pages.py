"""The pages on models as people meet them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from imis_ai.governance import proposals
from imis_ai.jobs.models import JobRun
from imis_ai.registry.models import Finding
from tests.factories.registry import NOW, SHIFT, checked, live, models_page, trained
from tests.reading import html_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_of_the_pages")]
PAGE = "/models/churn/2026.6.1/"


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html_of(response)))


def test_the_list_says_how_right_the_live_version_is_and_what_moved(as_role):
    models_page()

    said = words(as_role("membership").get("/models/"))

    assert "26 of 312 members, per 100" in said
    assert "+180 of 180 found" not in said
    assert "Moved" in said
    assert "Days since the last visit moved" in said


def test_without_a_model_the_list_says_when_there_will_be_one(as_role):
    assert "none yet" in words(as_role("executive").get("/models/"))


@pytest.mark.parametrize("path", ["/models/", PAGE])
def test_a_page_asks_few_questions(as_role, path):
    models_page()
    for hour in range(1, 9):
        trained(now=NOW.replace(hour=6 + hour), loss=0.39)
    client = as_role("admin")
    client.get(path)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(path)

    assert len(asked) <= 12, [query["sql"][:90] for query in asked]


def test_the_page_of_a_version_shows_drawings_with_sentence_and_table(as_role):
    models_page()

    page = as_role("executive").get(PAGE)

    said = words(page)
    assert "Of 312 members given 20 to 30, 26 of 100 lapsed." in said
    assert (
        "1 of 1 features moved: Days since the last portal visit" in said or "1 of 1 features moved" in said
    )
    assert "The range held what happened in 8 of 10 groups" in said
    assert "The registered evaluation" in said
    assert "Too few stored scores" in said
    assert html_of(page).count('role="img"') == 3
    assert html_of(page).count("As a table") == 3
    assert "Promote" not in said
    assert "Replay a score" not in said


def test_of_nine_members_nothing_is_drawn(as_role):
    models_page()

    assert "90 to 100" not in words(as_role("admin").get(PAGE))


GROUPS = [
    {"by": "Tier", "group": name, "members": n, "happened": n // 5, "said": 0.2, "chosen": n // 4,
     "missed": n // 10, "alarms": n // 8}
    for name, n in (("Fellow", 400), ("Associate", 300), ("Student", 14), ("Tiny", 9))
]  # fmt: skip


@pytest.mark.row("GOV-26")
def test_a_group_under_ten_is_hidden_and_not_to_be_had_by_subtraction(as_role):
    model = live()
    model.reading |= {"groups": GROUPS}
    model.save()

    said = words(as_role("membership").get(PAGE))

    assert "Fellow 400 20 20 0 25" in said
    assert "Associate" in said
    assert "Tiny" not in said
    assert "Student" not in said


@pytest.mark.row("GOV-27")
def test_a_candidate_no_better_has_no_promote_button_and_says_so(as_role):
    live()
    trained(loss=0.42, now=NOW.replace(hour=9))
    client = as_role("admin")

    page = client.get("/models/churn/2026.6.2/")

    assert "It has no Promote button." in words(page)
    assert "takes 6.7% off" in words(page)
    assert "/models/churn/2026.6.2/live/" not in html_of(page)
    assert "2026.6.2 no better" in words(client.get("/models/"))
    assert client.post("/models/churn/2026.6.2/live/").status_code == 422
    assert not proposals.of_kind(kind="models.live").exists()


def test_promoting_leads_to_the_decision_with_the_members_who_change_band(as_role):
    live()
    better = trained(loss=0.36, now=NOW.replace(hour=9))
    effect = {"as_of": "2026-06-01", "members": 900, "changed": 41, "moves": [["Low", "Medium", 41]]}
    checked(better, NOW.date(), effect=effect)
    client = as_role("admin")
    page = client.get("/models/churn/2026.6.2/")
    assert "Promote 2026.6.2" in words(page)

    decision = client.post("/models/churn/2026.6.2/live/", follow=True)

    assert "41 members would change band of 900 scored on 2026-06-01" in words(decision)
    assert "You made this, so someone else approves it." in words(decision)
    assert "Decision waits" in words(client.get("/models/churn/2026.6.2/"))


def test_training_is_a_job_with_its_page(as_role):
    live()

    response = as_role("finance").post("/models/churn/train/", {"why": "policy"})

    job = JobRun.objects.get(name="retention.train")
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert job.args["started_by"].endswith(": The programme changed")


def test_a_finding_is_left_as_it_is_with_a_reason_and_stands_on_the_page(as_role):
    finding = models_page()
    client = as_role("admin")

    client.post(f"/models/findings/{finding.pk}/", {"reason": ""})
    assert Finding.objects.get().accepted_at is None
    client.post(f"/models/findings/{finding.pk}/", {"reason": "The portal moved"})

    assert "To look at" not in words(client.get("/models/"))
    assert "The portal moved" in words(client.get(PAGE))
    assert SHIFT["feature"] == Finding.objects.get().about


def test_replaying_a_score_that_is_not_there_says_so(as_role):
    models_page()

    page = as_role("finance").post(f"{PAGE}replay/", {"member": "104482"})

    assert "Nothing to replay" in words(page)


@pytest.mark.row("GOV-28")
def test_a_version_says_how_many_corrections_it_used_and_what_they_moved(as_role):
    moved = {"decisions": 900, "lapses": 180, "auc": [0.79, 0.81], "found": [0.71, 0.78]}
    manifest = {"corrections_made": 37, "corrections": 31, "corrections_effect": moved}
    live(manifest=manifest | {"decisions": 9000, "members": 4000})

    text = html_of(as_role("membership").get("/models/churn/2026.6.1/"))

    assert "37 corrections</a>, 31 used" in text
    assert (
        "held 71.0 % of later lapses without them, 78.0 % with them (900 decisions of other members)" in text
    )
