"""How long, how steadily, and where in the present term."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import YEAR, Floats, known
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NO_TERM, NOW, group

f = group(source="terms")
joined = group(source="members: join date, terms")


def _tenure(at: AsOf) -> Floats:
    """Days since the join date or the first term, whichever came first."""
    join = at.sources.members["joined_on"].astype(np.float64)
    join = known(join, at.sources.members["joined_on"] > -(10**6))
    first = np.fmin(join, at.terms.by.first(at.terms.start))
    return np.where(first < at.day, at.day - first, np.nan)


FEATURES = (
    joined("membership.tenure_days", "Days since joining", "days", ALL_HISTORY, "empty for contacts who never joined", _tenure),
    f("membership.terms_count", "Terms held so far", "terms", ALL_HISTORY, "0 for contacts who never held a term", lambda at: at.terms.count),
    f("membership.first_year", "1 in the first term, when membership began less than a year ago", "yes or no", NOW, NO_TERM, lambda at: known((at.terms.count == 1) & (at["membership.tenure_days"] <= YEAR), at.terms.by.any)),
    f("membership.days_to_term_end", "Days until the present term ends (below 0: it has ended)", "days", NOW, NO_TERM, lambda at: at.terms.days_to_end()),
    f("membership.days_into_term", "Days since the present term began", "days", NOW, NO_TERM, lambda at: at.terms.days_into_term()),
    f("membership.term_days", "Length of the present term", "days", NOW, NO_TERM, lambda at: at.terms.term_days()),
    f("membership.run_terms", "Terms in a row without a gap, up to the present one", "terms", ALL_HISTORY, NO_TERM, lambda at: at.terms.run),
    f("membership.run_days", "Days since the present run of terms began", "days", ALL_HISTORY, NO_TERM, lambda at: at.day - at.terms.run_start),
    f("membership.longest_run", "Most terms in a row without a gap", "terms", ALL_HISTORY, NO_TERM, lambda at: at.terms.longest_run),
    f("membership.terms_3y", "Terms begun in the last 3 years", "terms", 1096, NO_TERM, lambda at: known(at.terms.within_years(3), at.terms.by.any)),
    f("membership.terms_5y", "Terms begun in the last 5 years", "terms", 1826, NO_TERM, lambda at: known(at.terms.within_years(5), at.terms.by.any)),
    f("membership.terms_10y", "Terms begun in the last 10 years", "terms", 3653, NO_TERM, lambda at: known(at.terms.within_years(10), at.terms.by.any)),
    f("membership.share_of_possible", "Share of the time since the first term that was covered", "share", ALL_HISTORY, NO_TERM, lambda at: at.terms.share_of_possible),
    f("membership.gaps", "Times the membership lapsed and was taken up again", "times", ALL_HISTORY, NO_TERM, lambda at: at.terms.gaps),
    f("membership.gap_days", "Days without membership between terms", "days", ALL_HISTORY, NO_TERM, lambda at: at.terms.gap_days),
    f("membership.last_gap_days", "Days between the present term and the one before (below 0: began early)", "days", ALL_HISTORY, "empty with fewer than two terms", lambda at: at.terms.by.last(at.terms.gap)),
    f("membership.late_renewals", "Renewals after the term had ended, within the period of grace", "renewals", ALL_HISTORY, NO_TERM, lambda at: at.terms.late_renewals),
    f("membership.late_share", "Share of the renewals that came late", "share", ALL_HISTORY, "empty with fewer than two terms", lambda at: known(at["membership.late_renewals"] / np.maximum(at.terms.count - 1, 1), at.terms.count > 1)),
    f("membership.renewal_rate_association", "Share of all terms ending in the year before that were renewed in time", "share", 365, "empty with fewer than 30 such terms", lambda at: at.everybody(at.terms.renewal_rate(365)), of_all=True),
)  # fmt: skip
