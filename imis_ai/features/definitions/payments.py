"""Paying: how fast, how often late, what is open, and failed card charges."""

# ruff: noqa: E501  a table: one feature per line

from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NONE, NOT_MARKETING, NOW, ZERO, group

f = group(source="invoices", purposes=NOT_MARKETING, sensitivity="financial")
charges = group(source="payment attempts", purposes=NOT_MARKETING, sensitivity="financial")
received = group(source="payments", purposes=NOT_MARKETING, sensitivity="financial")
terms = group(source="terms", purposes=NOT_MARKETING, sensitivity="financial")

NO_INVOICE = "empty when there was no such invoice; an invoice paid after the day counts as unpaid"

FEATURES = (
    f("payments.days_to_pay_mean", "Average days from invoice to payment, invoices of the last three years", "days", 1095, NO_INVOICE, lambda at: at.money.days_to_pay_mean(1095)),
    f("payments.days_late_last", "Days late of the last dues payment (below 0: early)", "days", ALL_HISTORY, NO_INVOICE, lambda at: at.money.last_days_late()),
    f("payments.late_share", "Share of invoices paid late or overdue, last three years", "share", 1095, NO_INVOICE, lambda at: at.money.late_share(1095)),
    f("payments.dues_timeliness", "Dues timeliness: 100 when all dues were paid by the due date, 0 when 60 days late or more", "points", 1095, NO_INVOICE, lambda at: at.money.timeliness(1095)),
    f("payments.open_overdue_days", "Days that the oldest unpaid invoice is overdue", "days", NOW, "0 when none is overdue; empty for those who never had an invoice", lambda at: at.money.open_overdue_days()),
    f("payments.open_overdue_amount", "Amount of overdue invoices", "money", NOW, "0 when none is overdue; empty for those who never had an invoice", lambda at: at.money.open_amount()),
    f("payments.lead_days", "Average days by which dues were paid before the period began (below 0: after)", "days", ALL_HISTORY, NO_INVOICE, lambda at: at.money.lead_days()),
    f("payments.renewal_paid_ahead", "1 when dues for the next period are paid already", "yes or no", NOW, "0 when not; not available when iMIS names no period on dues invoices", lambda at: at.money.paid_ahead(at.terms.by.last(at.terms.start))),
    f("payments.renewal_notice_days", "Days that the invoice for the next period has been out unpaid", "days", NOW, "empty when no such invoice is open", lambda at: at.money.renewal_notice_days(at.terms.by.last(at.terms.start))),
    charges("payments.failed_attempts_120", "Failed card charges in the last 120 days", "charges", 120, ZERO, lambda at: at.money.failed(120)),
    charges("payments.failed_attempts_365", "Failed card charges in the last 365 days", "charges", 365, ZERO, lambda at: at.money.failed(365)),
    charges("payments.last_attempt_failed", "1 when the last card charge failed", "yes or no", ALL_HISTORY, NEVER, lambda at: at.money.last_failed()),
    charges("payments.days_since_failed", "Days since a card charge last failed", "days", ALL_HISTORY, NEVER, lambda at: at.money.days_since_failed()),
    terms("payments.autopay", "1 when the present term was paid automatically", "yes or no", NOW, NONE, lambda at: at.terms.autopay()),
    received("payments.received_365", "Payments received in the last 365 days", "payments", 365, ZERO, lambda at: at.money.received(at.days_ago(365))),
    received("payments.days_since_transaction", "Days since the last payment was received", "days", ALL_HISTORY, NEVER, lambda at: at.money.days_since_received()),
    received("payments.transactions_this_year", "Payments received in the present membership year", "payments", "membership year", "0 when none; empty for contacts who never held a term", lambda at: at.money.received(at.terms.year_start())),
)  # fmt: skip
