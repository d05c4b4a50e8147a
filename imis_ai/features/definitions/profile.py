"""Who the member is, in bands and numbers. iMIS keeps no history of these; what practically never changes may be trained on."""

# ruff: noqa: E501  a table: one feature per line

import numpy as np

from imis_ai.features.calc.arrays import Floats, known
from imis_ai.features.calc.asof import AsOf
from imis_ai.features.definitions.base import EVERY, NOW, group

f = group(source="members", sensitivity="personal")
place = group(source="members: address, chapter", sensitivity="personal", of_all=True)

CONSTANT = "iMIS keeps no history of it; it changes so rarely that past days may use today's value"
TODAY = "iMIS keeps no history of it: today's value, whatever the day; not for training"
POOLED = "empty when not filled; 0 for one that fewer than five members share"
PARTS = ("email", "phone", "title", "city", "postal_code", "industry", "company_size", "organisation_imis_id")
NOT_RENEWALS = EVERY - {"renewals"}


def _completeness(at: AsOf) -> Floats:
    members = at.sources.members
    filled = [members[f"has:{part}"] for part in PARTS]
    in_use = [column for column in filled if (column[at.is_known] == 1).any()]
    return np.mean(in_use, axis=0) if in_use else at.nothing


def _is_organisation(at: AsOf) -> Floats:
    return (at.sources.members["kind"] == at.sources.words["organisation"]).astype(np.float64)


def _age_band(at: AsOf) -> Floats:
    born = at.sources.members["birth_year"].astype(np.float64)
    return np.floor((at.year - born) / 10) * 10


def _company_people(at: AsOf) -> Floats:
    """Members who name the same employer, themselves included."""
    return known(at.categories.size("organisation_imis_id"), at.sources.members["organisation_imis_id"] != 0)


FEATURES = (
    f("profile.completeness", "Share of the profile that is filled: e-mail, phone, title, city, postal code, industry, company size, employer (those that the association uses)", "share", NOW, "not available when no profile field is in use", _completeness, point_in_time=False, note=f"{TODAY}. iMIS' own fields for biography and photo are not read", of_all=True),
    f("profile.is_organisation", "1 for an organisation, 0 for a person", "yes or no", NOW, "never missing", _is_organisation, note=CONSTANT),
    f("profile.age_band", "Age in bands of ten years (40 = 40 to 49)", "years", NOW, "empty without a birth year", _age_band, purposes=NOT_RENEWALS, note="only the year of birth is kept"),
    f("profile.industry", "Industry, as the number of its code", "category", NOW, POOLED, lambda at: at.categories.code("industry"), point_in_time=False, note=TODAY, is_category=True, of_all=True),
    f("profile.company_size", "Company size, as the number of its code", "category", NOW, POOLED, lambda at: at.categories.code("company_size"), point_in_time=False, note=TODAY, is_category=True, of_all=True),
    f("profile.member_type", "Member type, as the number of its code", "category", NOW, POOLED, lambda at: at.categories.code("member_type"), point_in_time=False, note=TODAY, is_category=True, of_all=True),
    f("profile.title", "Job title, as the number of its wording", "category", NOW, POOLED, lambda at: at.categories.code("title"), point_in_time=False, note=TODAY, is_category=True, of_all=True),
    f("profile.colleagues", "Members with the same employer", "members", NOW, "empty without an employer; 0 for fewer than five", _company_people, point_in_time=False, note=TODAY, of_all=True),
    place("place.chapter", "Chapter, numbered in order of first appearance", "category", NOW, POOLED, lambda at: at.categories.code("chapter"), note=CONSTANT, is_category=True),
    place("place.chapter_members", "Members of the same chapter", "members", NOW, POOLED, lambda at: at.categories.size("chapter"), note=CONSTANT),
    place("place.city", "City, numbered in order of first appearance", "category", NOW, POOLED, lambda at: at.categories.code("city"), note=CONSTANT, is_category=True),
    place("place.city_members", "Members in the same city", "members", NOW, POOLED, lambda at: at.categories.size("city"), note=CONSTANT),
    place("place.postal_region", "First three characters of the postal code, numbered in order of first appearance", "category", NOW, POOLED, lambda at: at.categories.code("left3:postal_code"), note=CONSTANT, is_category=True),
    place("place.postal_region_members", "Members in the same postal region", "members", NOW, POOLED, lambda at: at.categories.size("left3:postal_code"), note=CONSTANT),
    place("place.state", "State, numbered in order of first appearance", "category", NOW, POOLED, lambda at: at.categories.code("state"), note=CONSTANT, is_category=True),
    place("place.country", "Country, numbered in order of first appearance", "category", NOW, POOLED, lambda at: at.categories.code("country"), note=CONSTANT, is_category=True),
)  # fmt: skip
