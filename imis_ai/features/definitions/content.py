"""Library, learning and benefits."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats, ratio, trend
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import ALL_HISTORY, NEVER, NONE, ZERO, group

downloads = group(source="activities: download", sensitivity="behaviour")
courses = group(source="activities: course_start, course_complete", sensitivity="behaviour")
certificates = group(source="activities: certification", sensitivity="behaviour")
benefits = group(source="activities: benefit_use", sensitivity="behaviour")


def _distinct(at: AsOf, kind: str, days: int) -> Floats:
    """Different references (documents, benefits) in the window; NaN when iMIS names none."""
    history = at.history(kind)
    if not history.valued_before("reference", at.day):
        return at.nothing
    return history.distinct("reference", at.day - days, at.day).astype(np.float64)


FEATURES = (
    downloads("content.downloads_30", "Downloads in the last 30 days", "downloads", 30, ZERO, lambda at: at.count("download", 30)),
    downloads("content.downloads_90", "Downloads in the last 90 days", "downloads", 90, ZERO, lambda at: at.count("download", 90)),
    downloads("content.downloads_365", "Downloads in the last 365 days", "downloads", 365, ZERO, lambda at: at.count("download", 365)),
    downloads("content.download_trend", "Pace of downloads: last 90 days against the 275 before (0 same, below 0 slower)", "log ratio", 365, ZERO, lambda at: trend(at["content.downloads_90"], 90, at["content.downloads_365"])),
    downloads("content.days_since_download", "Days since the last download", "days", ALL_HISTORY, NEVER, lambda at: at.days_since("download")),
    downloads("content.documents_365", "Different documents downloaded in the last 365 days", "documents", 365, "0 when none; not available when iMIS does not name the documents", lambda at: _distinct(at, "download", 365)),
    courses("content.courses_started_365", "Courses begun in the last 365 days", "courses", 365, ZERO, lambda at: at.count("course_start", 365)),
    courses("content.courses_completed_365", "Courses completed in the last 365 days", "courses", 365, ZERO, lambda at: at.count("course_complete", 365)),
    courses("content.course_completion", "Courses completed of those begun, so far", "share", ALL_HISTORY, NONE, lambda at: ratio(at.count("course_complete"), at.count("course_start"))),
    courses("content.days_since_course", "Days since a course was last begun or completed", "days", ALL_HISTORY, NEVER, lambda at: at.days_since_any("course_start", "course_complete")),
    certificates("content.certifications", "Certifications earned so far", "certifications", ALL_HISTORY, ZERO, lambda at: at.count("certification")),
    benefits("content.benefit_uses_90", "Benefits used in the last 90 days", "uses", 90, ZERO, lambda at: at.count("benefit_use", 90)),
    benefits("content.benefit_uses_365", "Benefits used in the last 365 days", "uses", 365, ZERO, lambda at: at.count("benefit_use", 365)),
    benefits("content.benefits_used_365", "Different benefits used in the last 365 days", "benefits", 365, "0 when none; not available when iMIS does not name the benefits", lambda at: _distinct(at, "benefit_use", 365)),
)  # fmt: skip
