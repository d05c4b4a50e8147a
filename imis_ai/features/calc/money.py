"""Invoices, payments and card charges as they stood before a day: an invoice paid later is unpaid."""

from collections.abc import Mapping

import numpy as np

from imis_ai.features.calc.arrays import (
    NO_DAY,
    Array,
    Columns,
    Floats,
    Groups,
    known,
    ratio,
    take_rows,
    within,
)

LATEST_DAYS = 60  # days late beyond this do not make dues timeliness worse


class Money:
    """Tables sorted by member and date: invoice, payment, payment_attempt."""

    def __init__(self, tables: Mapping[str, Columns], day: int, n: int, words: Mapping[str, int]) -> None:
        self.day, self.n = day, n
        self.invoices = take_rows(tables["invoice"], tables["invoice"]["issued_on"] < day)
        self.by = Groups(self.invoices["member"], n)
        self.is_paid = within(self.invoices["paid_on"], NO_DAY + 1, day)
        self.is_dues = self.invoices["kind"] == words["dues"]
        self.is_due = self.invoices["due_on"] < day
        self.attempts = take_rows(tables["payment_attempt"], tables["payment_attempt"]["at"] < day)
        self.payments = take_rows(tables["payment"], tables["payment"]["received_on"] < day)

    # invoices

    @property
    def days_to_pay(self) -> Floats:
        """Per invoice: days from issue to payment, NaN while unpaid."""
        return known((self.invoices["paid_on"] - self.invoices["issued_on"]).astype(float), self.is_paid)

    @property
    def days_late(self) -> Floats:
        """Per invoice: days from the due date to payment or, if overdue, to this day; negative when early."""
        until = np.where(self.is_paid, self.invoices["paid_on"].astype(float), float(self.day))
        return known(until - self.invoices["due_on"], self.is_paid | self.is_due)

    def days_to_pay_mean(self, days: int) -> Floats:
        return self.by.mean(self.days_to_pay, where=self._issued(days))

    def late_share(self, days: int) -> Floats:
        """Share of the invoices paid or due in the window that were paid late or are overdue."""
        late = self.days_late
        window = self._issued(days) & ~np.isnan(late)
        return ratio(self.by.number(window & (late > 0)), self.by.number(window))

    def timeliness(self, days: int) -> Floats:
        """100 when all dues were paid by the due date; an invoice 60 days late or more earns 0."""
        late = np.clip(self.days_late, 0, LATEST_DAYS)
        return 100 - 100 * self.by.mean(late, where=self._issued(days) & self.is_dues) / LATEST_DAYS

    def open_overdue_days(self) -> Floats:
        """Days that the oldest unpaid invoice is overdue; 0 when none is."""
        late = self.by.max(self.day - self.invoices["due_on"], where=self._overdue())
        return known(np.nan_to_num(late), self.by.any)

    def open_amount(self) -> Floats:
        """Amount of the overdue invoices."""
        return known(self.by.sum(np.where(self._overdue(), self.invoices["amount"], 0.0)), self.by.any)

    def last_days_late(self) -> Floats:
        """Days late of the last dues invoice that was paid; negative when early."""
        chosen = np.flatnonzero(self.is_dues & self.is_paid)
        return Groups(self.invoices["member"][chosen], self.n).last(self.days_late[chosen])

    def paid_ahead(self, start: Floats) -> Floats:
        """1 when dues for a period that begins after the present one (`start` per member) are paid."""
        begins = self.invoices["term_start"]
        later = (begins != NO_DAY) & (begins > np.nan_to_num(start, nan=np.inf)[self.invoices["member"]])
        if not (self.is_dues & (begins != NO_DAY)).any():
            return np.full(self.n, np.nan)
        return np.minimum(self.by.number(later & self.is_dues & self.is_paid), 1.0)

    def renewal_notice_days(self, start: Floats) -> Floats:
        """Days that the invoice for the next period has been out unpaid; NaN when none is."""
        begins = self.invoices["term_start"]
        later = (begins != NO_DAY) & (begins > np.nan_to_num(start, nan=np.inf)[self.invoices["member"]])
        return self.by.max(self.day - self.invoices["issued_on"], where=later & self.is_dues & ~self.is_paid)

    def lead_days(self) -> Floats:
        """Mean days by which dues were paid before the period began; negative when after."""
        begins, paid = self.invoices["term_start"], self.invoices["paid_on"]
        return self.by.mean(
            (begins - paid).astype(float), where=self.is_paid & self.is_dues & (begins != NO_DAY)
        )

    def _issued(self, days: int) -> Array:
        return within(self.invoices["issued_on"], self.day - days, self.day)

    def _overdue(self) -> Array:
        return ~self.is_paid & self.is_due

    def paid_amount(self, days: int | None) -> Floats:
        """Invoices settled in the window."""
        low = NO_DAY + 1 if days is None else self.day - days
        window = self.is_paid & within(self.invoices["paid_on"], low, self.day)
        if not len(window):
            return np.full(self.n, np.nan)
        return self.by.sum(np.where(window, self.invoices["amount"], 0.0))

    # card charges

    def failed(self, days: int) -> Floats:
        window = within(self.attempts["at"], self.day - days, self.day) & (self.attempts["succeeded"] == 0)
        if not len(window):
            return np.full(self.n, np.nan)
        return Groups(self.attempts["member"], self.n).number(window)

    def last_failed(self) -> Floats:
        """1 when the last charge failed, 0 when it went through."""
        return 1 - Groups(self.attempts["member"], self.n).last(self.attempts["succeeded"].astype(float))

    def days_since_failed(self) -> Floats:
        failed = self.attempts["succeeded"] == 0
        return self.day - Groups(self.attempts["member"], self.n).max(self.attempts["at"], where=failed)

    # money received

    def received(self, since: Floats) -> Floats:
        """Payments received from each member's own day `since` on."""
        rows = self.payments
        if not len(rows["member"]):
            return np.full(self.n, np.nan)
        by = Groups(rows["member"], self.n)
        return known(by.number(rows["received_on"] >= since[rows["member"]]), ~np.isnan(since))

    def days_since_received(self) -> Floats:
        return self.day - Groups(self.payments["member"], self.n).max(self.payments["received_on"])
