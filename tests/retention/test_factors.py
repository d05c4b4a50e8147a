"""What a member's factors say: true, in the member's own values, short enough, in good English."""

from collections import defaultdict

import numpy as np
import pytest

from retention.calc import factors, wording

NAN = float("nan")


def frame(values):
    import pandas as pd

    return pd.DataFrame(values)


def read(**values):
    named = {name.replace("__", "."): [value] for name, value in values.items()}
    return wording.Value(defaultdict(lambda: None, named), 0, lambda amount: f"${amount:,.2f}")


@pytest.mark.row("CHURN-32")
def test_the_strongest_reasons_come_first_in_the_members_own_values():
    names = ["portal.days_since_login", "portal.login_gap_ratio", "mail.days_since_open", "payments.autopay"]
    values = frame(
        {
            "portal.days_since_login": [92.0],
            "portal.usual_login_gap": [12.0],
            "portal.logins_365": [20.0],
            "mail.days_since_open": [61.0],
            "mail.open_rate_before": [0.4],
        }
    )

    [found] = factors.explain(np.array([[0.4, 0.9, 0.5, -0.3]]), names, values, money=str)

    assert [(f["chip"], f["evidence"]) for f in found] == [
        ("No portal visit, 92 days", "Used to visit every 12 days"),
        ("Emails unopened, 61 days", "Used to open 40 of 100"),
    ]
    assert found[0]["feature"] == "portal.login_gap_ratio"
    assert found[0]["weight"] > found[1]["weight"]
    assert {f["direction"] for f in found} == {"raises"}


def test_a_good_habit_is_never_named_as_a_reason_to_lapse():
    values = frame({"payments.late_share": [0.0], "payments.autopay": [1.0]})

    [raising] = factors.explain(np.array([[0.5]]), ["payments.autopay"], values, money=str)
    [lowering] = factors.explain(np.array([[-0.5]]), ["payments.autopay"], values, money=str)

    assert raising == []
    assert [(f["chip"], f["direction"]) for f in lowering] == [("Pays automatically", "lowers")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            wording.portal(read(portal__days_since_login=1, portal__usual_login_gap=1, portal__logins_90=1))[
                0
            ],
            "1 visit in 90 days",
        ),
        (
            wording.payments(read(payments__open_overdue_days=1, payments__open_overdue_amount=250))[1:],
            ("An invoice is 1 day late", "$250.00 open"),
        ),
        (wording.payments(read())[0], "No invoice yet"),
        (wording.mail(read(mail__sent_365=0))[1], "Was sent no e-mail in 12 months"),
        (
            wording.membership(read(membership__run_terms=1, membership__gaps=2))[:2],
            ("First term since return", "The first renewal since coming back"),
        ),
        (wording.price(read(tier__first_term_after_price_rise=1, tier__price_rise_ahead=0.004))[2], ""),
        (wording.place(read(place__chapter_members=1))[2], "1 member in the chapter"),
    ],
)
def test_small_numbers_and_missing_things_read_well(said, expected):
    assert said == expected


@pytest.mark.parametrize(
    "kind", ["subscription_package", "certificationrenewals", "mentor", "chapter_dinner_visit"]
)
def test_chips_of_own_kinds_are_cut_between_words(kind):
    chip, sentence, _ = wording.own_kind(kind)(read())

    assert len(wording.shortened(chip)) <= wording.CHIP
    assert sentence == f"No {kind.replace('_', ' ')} so far"
    assert factors.theme(f"own.{kind}_days_since") == f"own.{kind}"


def test_an_own_kind_with_a_telling_name_keeps_its_theme():
    assert factors.theme("own.member_detail_view_count") == "own.member_detail_view"
