"""The smaller tables of the mirror as arrays, read when asked for."""

from collections.abc import Sequence

import numpy as np
from django.apps import apps
from django.db.models import Model

from imis_ai.mirror import models
from imis_ai.mirror.columns import read
from imis_ai.mirror.columns.read import Column, field_column

MEMBER_FIELDS = (
    "id",
    "pseudonym",
    "joined_on",
    "gone_at",
    "kind",
    "chapter",
    "city",
    "state",
    "country",
    "left3:postal_code",
    "industry",
    "company_size",
    "member_type",
    "title",
    "organisation_imis_id",
    "birth_year",
    "has:email",
    "has:phone",
    "has:title",
    "has:city",
    "has:postal_code",
    "has:industry",
    "has:company_size",
    "has:organisation_imis_id",
)
MERGED_AWAY = Column(
    "is_merged", "EXISTS (SELECT FROM mirror_memberalias a WHERE a.imis_id = t.imis_id)::int", "i2"
)


def table(name: str, fields: Sequence[str], only: Sequence[int] | None = None) -> dict[str, np.ndarray]:
    """The fields of a mirror table as arrays of one length; of the members with these ids `only`.

    Dates are days since 1970-01-01 (NO_DAY when not set), flags 0, 1 or NO_FLAG, amounts floats with NaN,
    texts keyed hashes (NO_WORD when empty), references ids (NO_ID when not set). Raises LookupError.
    """
    model = _model(name)
    return _read(model, [field_column(model, field) for field in fields], "member_id", only)


def members(only: Sequence[int] | None = None) -> dict[str, np.ndarray]:
    """Members by rising id, those that are gone too: MEMBER_FIELDS and `is_merged`."""
    columns = [field_column(models.Member, name) for name in MEMBER_FIELDS]
    found = _read(models.Member, [*columns, MERGED_AWAY], "id", only)
    order = np.argsort(found["id"], kind="stable")
    return {name: column[order] for name, column in found.items()}


def _read(
    model: type[Model], columns: list[Column], owner: str, only: Sequence[int] | None
) -> dict[str, np.ndarray]:
    source = f"{model._meta.db_table} t"  # noqa: SLF001  Django's documented model API
    if only is None:
        return read.fetch(source, columns)
    return read.fetch(f"{source} WHERE t.{owner} = ANY(%s)", columns, [list(only)])


def _model(name: str) -> type[Model]:
    try:
        return apps.get_model("mirror", name.replace("_", ""))
    except LookupError:
        raise LookupError(f"The mirror has no table {name!r}.") from None
