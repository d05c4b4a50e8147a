"""E-mail sent to the member and what became of it."""

# ruff: noqa: E501  a table: one feature per line

from imis_ai.features.calc.arrays import Floats, ratio, trend
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, ZERO, group

sent = group(source="activities: email_sent", sensitivity="behaviour")
opened = group(source="activities: email_sent, email_open", sensitivity="behaviour")
clicked = group(source="activities: email_sent, email_click", sensitivity="behaviour")
failed = group(source="activities: email_bounce, unsubscribe", sensitivity="behaviour")

NOTHING_SENT = "empty when nothing was sent; not available when iMIS holds no such rows at all"
PROXIES = "mail programs that load pictures by themselves inflate opens; clicks are the surer sign"


def _rate(at: AsOf, kind: str, days: int) -> Floats:
    return ratio(at.count(kind, days), at.count("email_sent", days))


FEATURES = (
    sent("mail.sent_30", "E-mails sent in the last 30 days", "e-mails", 30, ZERO, lambda at: at.count("email_sent", 30)),
    sent("mail.sent_90", "E-mails sent in the last 90 days", "e-mails", 90, ZERO, lambda at: at.count("email_sent", 90)),
    sent("mail.sent_365", "E-mails sent in the last 365 days", "e-mails", 365, ZERO, lambda at: at.count("email_sent", 365)),
    opened("mail.opens_30", "E-mails opened in the last 30 days", "opens", 30, ZERO, lambda at: at.count("email_open", 30), note=PROXIES),
    opened("mail.opens_90", "E-mails opened in the last 90 days", "opens", 90, ZERO, lambda at: at.count("email_open", 90), note=PROXIES),
    opened("mail.opens_365", "E-mails opened in the last 365 days", "opens", 365, ZERO, lambda at: at.count("email_open", 365), note=PROXIES),
    clicked("mail.clicks_30", "Links clicked in e-mails in the last 30 days", "clicks", 30, ZERO, lambda at: at.count("email_click", 30)),
    clicked("mail.clicks_90", "Links clicked in e-mails in the last 90 days", "clicks", 90, ZERO, lambda at: at.count("email_click", 90)),
    clicked("mail.clicks_365", "Links clicked in e-mails in the last 365 days", "clicks", 365, ZERO, lambda at: at.count("email_click", 365)),
    opened("mail.open_rate_90", "Opens per e-mail sent, last 90 days", "share", 90, NOTHING_SENT, lambda at: _rate(at, "email_open", 90), note=PROXIES),
    opened("mail.open_rate_365", "Opens per e-mail sent, last 365 days", "share", 365, NOTHING_SENT, lambda at: _rate(at, "email_open", 365), note=PROXIES),
    opened("mail.open_rate_before", "Opens per e-mail sent, in the 275 days before the last 90", "share", 365, NOTHING_SENT, lambda at: ratio(at["mail.opens_365"] - at["mail.opens_90"], at["mail.sent_365"] - at["mail.sent_90"]), note=PROXIES),
    opened("mail.open_rate_change", "Open rate of the last 90 days less that of the 275 days before", "share", 365, NOTHING_SENT, lambda at: at["mail.open_rate_90"] - at["mail.open_rate_before"], note=PROXIES),
    clicked("mail.click_rate_90", "Clicks per e-mail sent, last 90 days", "share", 90, NOTHING_SENT, lambda at: _rate(at, "email_click", 90)),
    clicked("mail.click_rate_365", "Clicks per e-mail sent, last 365 days", "share", 365, NOTHING_SENT, lambda at: _rate(at, "email_click", 365)),
    opened("mail.open_trend", "Pace of opens: last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", 365, ZERO, lambda at: trend(at["mail.opens_90"], 90, at["mail.opens_365"]), note=PROXIES),
    opened("mail.days_since_open", "Days since an e-mail was last opened", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("email_open"), note=PROXIES),
    clicked("mail.days_since_click", "Days since a link in an e-mail was last clicked", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("email_click")),
    failed("mail.bounces_365", "E-mails that could not be delivered in the last 365 days", "e-mails", 365, ZERO, lambda at: at.count("email_bounce", 365)),
    failed("mail.unsubscribes", "Times unsubscribed so far", "times", ALL_HISTORY, ZERO, lambda at: at.count("unsubscribe")),
    failed("mail.days_since_unsubscribe", "Days since the member unsubscribed", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("unsubscribe")),
)  # fmt: skip
