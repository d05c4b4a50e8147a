"""When the model says nothing about a member, and why. Pure."""

from typing import Any

import numpy as np
import numpy.typing as npt

from retention.calc.rows import Rows

FEWEST_DAYS = 30
DAY = np.timedelta64(1, "D")


def reasons(rows: Rows, *, since: npt.NDArray[Any], has_features: npt.NDArray[np.bool_]) -> list[str]:
    """One sentence per row, empty where there is a score. `since`: first day of membership of each row."""
    member_for = ((rows.day - since) / DAY).astype(int)
    said = []
    for days, known in zip(member_for.tolist(), has_features.tolist(), strict=True):
        if days < FEWEST_DAYS:
            said.append(
                f"Member for {days} day{'' if days == 1 else 's'}. Scored from {FEWEST_DAYS} days on."
            )
        elif not known:
            said.append(
                "Nothing is known but the membership term. Scored when there is any activity or invoice."
            )
        else:
            said.append("")
    return said
