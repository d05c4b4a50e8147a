"""What a group of features says about one member, in that member's own values. Pure.

Each function takes `v`, which reads a feature (NaN where not known) and writes money, and gives (chip,
sentence, evidence): the chip has at most 26 characters, the sentence states the fact, the evidence compares
it with before.
"""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Said = tuple[str, str, str]
CHIP = 26


@dataclass(frozen=True)
class Value:
    """Features of one member, which is place `row` of each column; `money` writes an amount.

    `columns` gives None for a feature that is not there.
    """

    columns: Mapping[str, Sequence[float] | None]
    row: int
    money: Callable[[float], str]

    def __call__(self, feature: str) -> float:
        column = self.columns[feature]
        return math.nan if column is None else column[self.row]


def portal(v: Value) -> Said:
    since, gap = v("portal.days_since_login"), v("portal.usual_login_gap")
    year, recent = _n(v("portal.logins_365")), _n(v("portal.logins_90"))
    if math.isnan(since):
        return "No portal visit yet", "Has never visited the portal", ""
    usual = (
        f"Used to visit every {_days(gap)}" if gap >= 1 else _times(year, "visit", "in the last 12 months")
    )
    if since >= max(21, 2 * (0 if math.isnan(gap) else gap)):
        return f"No portal visit, {_days(since)}", f"No portal visit for {_days(since)}", usual
    before = _times(year - recent, "visit", "in the nine months before")
    return f"{_times(recent, 'visit')} in 90 days", _times(recent, "portal visit", "in 90 days"), before


def events(v: Value) -> Said:
    missed, attended = _n(v("events.missed_in_a_row")), _n(v("events.attended_all"))
    since, year = v("events.days_since_attended"), _n(v("events.attended_365"))
    if missed >= 2:
        before = _times(attended, "event", "attended before") if attended else "None attended so far"
        return f"Missed last {missed} events", f"Missed the last {missed} events", before
    if v("events.annual_dropped") == 1:
        return "Skipped annual meeting", "Skipped the last annual conference", "Came to the one before"
    if math.isnan(since):
        return "No event attended", "Has not attended an event yet", ""
    if since >= 120:
        return (
            f"No event, {_days(since)}",
            f"No event attended for {_days(since)}",
            _usual_event(v, attended),
        )
    return f"{_times(year, 'event')} in 12 months", _times(year, "event", "attended in 12 months"), ""


def _usual_event(v: Value, attended: int) -> str:
    gap = v("events.usual_gap")
    if gap >= 1:
        return f"Used to come every {_days(gap)}"
    return _times(attended, "event", "attended before")


def mail(v: Value) -> Said:
    since, recent, before = v("mail.days_since_open"), v("mail.open_rate_90"), v("mail.open_rate_before")
    used = f"Used to open {_of_100(before)} of 100" if before > 0 else ""
    if v("mail.unsubscribes") > 0:
        return "Unsubscribed from e-mails", "Unsubscribed from e-mails", used
    sent = _n(v("mail.sent_365"))
    if math.isnan(since) and not sent:
        return "No e-mail sent", "Was sent no e-mail in 12 months", ""
    if math.isnan(since):
        return "Never opens e-mails", "Has never opened an e-mail", f"{sent} sent in 12 months"
    if since >= 45:
        return f"Emails unopened, {_days(since)}", f"No e-mail opened for {_days(since)}", used
    share = "" if math.isnan(recent) else f"Opens {_of_100(recent)} of 100 e-mails"
    return "E-mail opening", share or f"Last opened an e-mail {_days(since)} ago", used


def payments(v: Value) -> Said:
    failed, overdue = _n(v("payments.failed_attempts_120")), v("payments.open_overdue_days")
    if failed:
        last = f"The last one {_days(v('payments.days_since_failed'))} ago"
        return (
            f"{_count(failed)} failed card payment{_s(failed)}",
            f"{_times(failed, 'card payment')} failed in the last 120 days",
            last,
        )
    if overdue > 0:
        amount = v("payments.open_overdue_amount")
        owed = "" if math.isnan(amount) else f"{v.money(amount)} open"
        return f"Invoice {_days(overdue)} late", f"An invoice is {_days(overdue)} late", owed
    late, days = v("payments.late_share"), v("payments.days_to_pay_mean")
    if late > 0:
        return (
            f"Pays late, {_of_100(late)} of 100",
            f"{_of_100(late)} of 100 invoices were paid late",
            _pays_in(days),
        )
    if math.isnan(late):
        return "No invoice yet", "No invoice has been due yet", ""
    if v("payments.autopay") == 1:
        return "Pays automatically", "Dues are paid automatically", ""
    return "Pays on time", "Invoices were paid on time", _pays_in(days)


def _pays_in(days: float) -> str:
    return "" if math.isnan(days) else f"Pays {_days(days)} after the invoice on average"


def committee(v: Value) -> Said:
    left, now = v("committee.days_since_left"), _n(v("committee.roles_now"))
    served = v("committee.days_served")
    if v("committee.left_within_365") > 0 and now == 0:
        months = f"Served for {_times(max(1, _n(served / 30)), 'month')}" if served > 0 else ""
        return f"Left committee, {_days(left)}", f"Left a committee {_days(left)} ago", months
    if now:
        return "On a committee", f"Serves in {_times(now, 'committee role')}", ""
    shifts = _n(v("committee.shifts_365"))
    if shifts:
        return f"{_times(shifts, 'volunteer shift')}", f"{_times(shifts, 'volunteer shift')} in 12 months", ""
    return "No committee role", "Holds no committee role", ""


def price(v: Value) -> Said:
    rise = v("tier.price_rise_ahead")
    more = (
        ""
        if math.isnan(rise) or rise < 0.005
        else f"The list price is {rise:.0%} higher than at the last renewal"
    )
    if v("tier.first_term_after_price_rise") == 1:
        return "First renewal after rise", "First renewal since the price rise", more
    change = v("tier.price_change_since_last_term")
    if not math.isnan(change) and abs(change) >= 0.005:
        word = "more" if change > 0 else "less"
        return f"Dues {abs(change):.0%} {word}", f"Paid {abs(change):.0%} {word} than the term before", more
    return "Price of the tier", "What the present tier costs", more


def tier(v: Value) -> Said:
    step = v("tier.rank_step")
    if step < 0:
        return "Moved to a lower tier", "Moved to a lower tier with this term", ""
    if step > 0:
        return "Moved to a higher tier", "Moved to a higher tier with this term", ""
    rank = v("tier.rank")
    return (
        "Present tier",
        "Members of this tier differ from the average",
        "" if math.isnan(rank) else f"Rank {_n(rank)}",
    )


def membership(v: Value) -> Said:
    run, late, gaps = (
        _n(v("membership.run_terms")),
        _n(v("membership.late_renewals")),
        _n(v("membership.gaps")),
    )
    if v("membership.first_year") == 1 or run <= 1:
        if gaps:
            away = f"Membership had lapsed {_times(gaps, 'time')} before"
            return "First term since return", "The first renewal since coming back", away
        return "First renewal", "The first renewal is coming up", _joined(v)
    if late:
        return (
            f"Renewed late {_times(late, 'time')}",
            f"Renewed late {_times(late, 'time')}",
            f"{run} terms in a row",
        )
    return f"{run} terms in a row", f"{run} terms in a row without a gap", _joined(v)


def _joined(v: Value) -> str:
    days = v("membership.tenure_days")
    if math.isnan(days):
        return ""
    years = _n(days // 365)
    months = _n(days // 30)
    if years:
        return f"Joined {_times(years, 'year')} ago"
    return f"Joined {_times(months, 'month')} ago" if months else "Joined this month"


def community(v: Value) -> Said:
    since, cases = v("community.days_since_post"), _n(v("community.cases_90"))
    if cases:
        return (
            f"{_times(cases, 'case')} in 90 days",
            f"Opened {_times(cases, 'case')} with the office in 90 days",
            "",
        )
    if math.isnan(since):
        return "No community post", "Has not posted in the community", ""
    year = _times(_n(v("community.posts_365")), "post", "in 12 months")
    return f"No post, {_days(since)}", f"Last community post {_days(since)} ago", year


def content(v: Value) -> Said:
    since, course = v("content.days_since_download"), v("content.days_since_course")
    if math.isnan(since) and math.isnan(course):
        return "No course, no download", "Has taken no course and downloaded nothing", ""
    if math.isnan(since) or course < since:
        return f"Course {_days(course)} ago", f"Last course {_days(course)} ago", ""
    year = _times(_n(v("content.downloads_365")), "download", "in 12 months")
    return f"Download {_days(since)} ago", f"Last download {_days(since)} ago", year


def engagement(v: Value) -> Said:
    score, since = v("engagement.score"), v("engagement.days_since_any")
    shown = "" if math.isnan(score) else f"Engagement {_n(score)} of 100"
    if since >= 30:
        return f"Nothing for {_days(since)}", f"Took part in nothing for {_days(since)}", shown
    ways = _n(v("engagement.breadth_365"))
    return f"Takes part in {_times(ways, 'way')}", f"Took part in {_times(ways, 'way')} in 12 months", shown


def giving(v: Value) -> Said:
    gifts, since = _n(v("giving.donations_all")), v("giving.days_since_donation")
    if gifts:
        return (
            f"{_times(gifts, 'gift')} so far",
            f"{_times(gifts, 'gift')} so far",
            f"The last {_days(since)} ago",
        )
    bought = _n(v("giving.purchases_365"))
    if bought:
        return f"{_times(bought, 'purchase')}", f"{_times(bought, 'purchase')} in 12 months", ""
    return "No gift so far", "Has made no gift", ""


def value(v: Value) -> Said:
    paid = v("value.contribution_365")
    shown = "" if math.isnan(paid) else f"{v.money(paid)} in 12 months"
    return "What the member pays", "What the member pays in all", shown


def place(v: Value) -> Said:
    members = v("place.chapter_members")
    near = "" if math.isnan(members) else f"{_times(_n(members), 'member')} in the chapter"
    return "Chapter and place", "Members in this chapter or place differ from the average", near


def profile(v: Value) -> Said:
    kind = "an organisation" if v("profile.is_organisation") == 1 else "a person"
    return "Kind of member", f"The member is {kind}", ""


def own_kind(kind: str) -> Callable[[Value], Said]:
    """Wording for an activity kind of the association's own."""
    word = kind.replace("_", " ")
    short = (
        textwrap.shorten(word, width=14, placeholder=" …") if len(word.split()[0]) <= 12 else "own activity"
    )

    def said(v: Value) -> Said:
        since, count = v(f"own.{kind}_days_since"), _n(v(f"own.{kind}_count"))
        if math.isnan(since):
            return f"No {short}", f"No {word} so far", ""
        return (
            f"{short}: {count} so far",
            f"{word.capitalize()}: {count} so far",
            f"The last {_days(since)} ago",
        )

    return said


def _n(number: float) -> int:
    return 0 if math.isnan(number) else math.floor(number + 0.5)


def _days(number: float) -> str:
    return _times(_n(number), "day")


def shortened(text: str) -> str:
    """The text within the space of a chip, cut between words."""
    return text if len(text) <= CHIP else textwrap.shorten(text, width=CHIP, placeholder=" …")


def _of_100(share: float) -> int:
    return _n(min(max(share, 0.0), 1.0) * 100)


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _times(number: int, noun: str, when: str = "") -> str:
    return f"{number:,} {noun}{_s(number)} {when}".rstrip()


def _count(number: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five")
    return words[number] if number < len(words) else str(number)
