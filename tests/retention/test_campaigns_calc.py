"""Sums of a campaign, and what was said of members against what happened."""

from retention.calc import campaigns
from retention.calc.campaigns import One


def test_messages_add_up_by_campaign_and_by_text():
    ones = [
        One(
            7,
            "campaign",
            1,
            is_approved=True,
            is_sent=True,
            opened=True,
            renewed=True,
            known=True,
            seconds=40,
        ),
        One(7, "campaign", 2, is_rejected=True, is_edited=True, seconds=50),
        One(0, "reminder", 1, is_approved=True, is_sent=True, replied=True, stopped=True),
    ]

    every, outside = campaigns.by(ones, "experiment")[7], campaigns.by(ones, "experiment")[0]

    assert (every.drafted, every.approved, every.rejected, every.edited, every.sent) == (2, 1, 1, 1, 1)
    assert (every.opened, every.renewed, every.known, every.minutes) == (1, 1, 1, 2)
    assert every.approved_of_100 == 50
    assert (outside.replied, outside.stopped, outside.minutes) == (1, 1, 0)
    assert [each.drafted for each in campaigns.by(ones, "text").values()] == [2, 1]


def test_what_was_said_stands_beside_what_happened():
    said = [(40, True), (50, False), (40, False), (80, True)]

    bands = campaigns.held(said)

    assert [(band.low, band.high, band.members, band.lapsed) for band in bands] == [
        (30, 59, 3, 1),
        (60, 100, 1, 1),
    ]
    assert round(bands[0].said) == 43
    assert round(bands[0].lapsed_of_100) == 33
