"""What a group of features says about one member, in that member's own values. Pure.

Each function takes `v`, which reads a feature (NaN where not known), and gives (chip, sentence, evidence):
the chip has at most 26 characters, the sentence states the fact, the evidence compares it with before.
"""

import math
from collections.abc import Callable

Value = Callable[[str], float]
Said = tuple[str, str, str]
CHIP = 26


def portal(v: Value) -> Said:
    since, gap = v("portal.days_since_login"), v("portal.usual_login_gap")
    year, recent = _n(v("portal.logins_365")), _n(v("portal.logins_90"))
    if math.isnan(since):
        return "No portal visit yet", "Has never visited the portal", ""
    usual = (
        f"Used to visit every {_n(gap)} days" if gap >= 1 else _times(year, "visit", "in the last 12 months")
    )
    if since >= max(21, 2 * (0 if math.isnan(gap) else gap)):
        return f"No portal visit, {_n(since)} days", f"No portal visit for {_n(since)} days", usual
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
            f"No event, {_n(since)} days",
            f"No event attended for {_n(since)} days",
            _usual_event(v, attended),
        )
    return f"{_times(year, 'event')} this year", _times(year, "event", "attended in 12 months"), ""


def _usual_event(v: Value, attended: int) -> str:
    gap = v("events.usual_gap")
    if gap >= 1:
        return f"Used to come every {_n(gap)} days"
    return _times(attended, "event", "attended before")


def mail(v: Value) -> Said:
    since, recent, before = v("mail.days_since_open"), v("mail.open_rate_90"), v("mail.open_rate_before")
    used = f"Used to open {_of_100(before)} of 100" if before > 0 else ""
    if v("mail.unsubscribes") > 0:
        return "Unsubscribed from e-mails", "Unsubscribed from e-mails", used
    if math.isnan(since):
        return (
            "Never opens e-mails",
            "Has never opened an e-mail",
            f"{_n(v('mail.sent_365'))} sent in 12 months",
        )
    if since >= 45:
        return f"Emails unopened, {_n(since)} days", f"No e-mail opened for {_n(since)} days", used
    share = "" if math.isnan(recent) else f"Opens {_of_100(recent)} of 100 e-mails"
    return "E-mail opening", share or f"Last opened an e-mail {_n(since)} days ago", used


def payments(v: Value) -> Said:
    failed, overdue = _n(v("payments.failed_attempts_120")), v("payments.open_overdue_days")
    if failed:
        last = f"The last one {_n(v('payments.days_since_failed'))} days ago"
        return (
            f"{_count(failed)} failed card payment{_s(failed)}",
            f"{_times(failed, 'card payment')} failed in the last 120 days",
            last,
        )
    if overdue > 0:
        amount = v("payments.open_overdue_amount")
        owed = "" if math.isnan(amount) else f"{amount:,.2f} open"
        return f"Invoice {_n(overdue)} days late", f"An invoice is {_n(overdue)} days late", owed
    late, days = v("payments.late_share"), v("payments.days_to_pay_mean")
    if late > 0:
        return (
            f"Pays late, {_of_100(late)} of 100",
            f"{_of_100(late)} of 100 invoices were paid late",
            _pays_in(days),
        )
    if v("payments.autopay") == 1:
        return "Pays automatically", "Dues are paid automatically", ""
    return "Pays on time", "Invoices were paid on time", _pays_in(days)


def _pays_in(days: float) -> str:
    return "" if math.isnan(days) else f"Pays {_n(days)} days after the invoice on average"


def committee(v: Value) -> Said:
    left, now = v("committee.days_since_left"), _n(v("committee.roles_now"))
    served = v("committee.days_served")
    if v("committee.left_within_365") > 0 and now == 0:
        months = f"Served for {max(1, _n(served / 30))} months" if served > 0 else ""
        return f"Left committee, {_n(left)} days", f"Left a committee {_n(left)} days ago", months
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
        if math.isnan(rise) or rise <= 0
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
        back = f"Came back after {_times(gaps, 'gap')}" if gaps else _joined(v)
        return "First renewal", "The first renewal is coming up", back
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
    return f"Joined {_times(years, 'year')} ago" if years else f"Joined {_times(_n(days // 30), 'month')} ago"


def community(v: Value) -> Said:
    since, cases = v("community.days_since_post"), _n(v("community.cases_90"))
    if cases:
        return (
            f"{_times(cases, 'open case')} in 90 days",
            f"Opened {_times(cases, 'case')} with the office in 90 days",
            "",
        )
    if math.isnan(since):
        return "No community post", "Has not posted in the community", ""
    year = _times(_n(v("community.posts_365")), "post", "in 12 months")
    return f"No post, {_n(since)} days", f"Last community post {_n(since)} days ago", year


def content(v: Value) -> Said:
    since, course = v("content.days_since_download"), v("content.days_since_course")
    if math.isnan(since) and math.isnan(course):
        return "No course, no download", "Has taken no course and downloaded nothing", ""
    if math.isnan(since) or course < since:
        return f"Course {_n(course)} days ago", f"Last course {_n(course)} days ago", ""
    year = _times(_n(v("content.downloads_365")), "download", "in 12 months")
    return f"Download {_n(since)} days ago", f"Last download {_n(since)} days ago", year


def engagement(v: Value) -> Said:
    score, since = v("engagement.score"), v("engagement.days_since_any")
    shown = "" if math.isnan(score) else f"Engagement {_n(score)} of 100"
    if since >= 30:
        return f"Nothing for {_n(since)} days", f"Took part in nothing for {_n(since)} days", shown
    ways = _n(v("engagement.breadth_365"))
    return f"Takes part in {_times(ways, 'way')}", f"Took part in {_times(ways, 'way')} in 12 months", shown


def giving(v: Value) -> Said:
    gifts, since = _n(v("giving.donations_all")), v("giving.days_since_donation")
    if gifts:
        return (
            f"{_times(gifts, 'gift')} so far",
            f"{_times(gifts, 'gift')} so far",
            f"The last {_n(since)} days ago",
        )
    bought = _n(v("giving.purchases_365"))
    if bought:
        return f"{_times(bought, 'purchase')}", f"{_times(bought, 'purchase')} in 12 months", ""
    return "No gift so far", "Has made no gift", ""


def value(v: Value) -> Said:
    paid = v("value.contribution_365")
    shown = "" if math.isnan(paid) else f"{paid:,.2f} in 12 months"
    return "What the member pays", "What the member pays in all", shown


def place(v: Value) -> Said:
    members = v("place.chapter_members")
    near = "" if math.isnan(members) else f"{_n(members):,} members in the chapter"
    return "Chapter and place", "Members in this chapter or place differ from the average", near


def profile(v: Value) -> Said:
    kind = "an organisation" if v("profile.is_organisation") == 1 else "a person"
    return "Kind of member", f"The member is {kind}", ""


def own_kind(kind: str) -> Callable[[Value], Said]:
    """Wording for an activity kind of the association's own."""
    word = kind.replace("_", " ")
    short = word if len(word) <= 12 else word[:11] + "…"

    def said(v: Value) -> Said:
        since, count = v(f"own.{kind}_days_since"), _n(v(f"own.{kind}_count"))
        if math.isnan(since):
            return f"No {short}", f"No {word} so far", ""
        return (
            f"{short}: {count} so far",
            f"{word.capitalize()}: {count} so far",
            f"The last {_n(since)} days ago",
        )

    return said


def _n(number: float) -> int:
    return 0 if math.isnan(number) else math.floor(number + 0.5)


def _of_100(share: float) -> int:
    return _n(min(max(share, 0.0), 1.0) * 100)


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _times(number: int, noun: str, when: str = "") -> str:
    return f"{number:,} {noun}{_s(number)} {when}".rstrip()


def _count(number: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five")
    return words[number] if number < len(words) else str(number)
