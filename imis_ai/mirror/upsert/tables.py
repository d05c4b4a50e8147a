"""Which record becomes which table, derived from the models: adding a table is one row of `TABLES`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from django.db import models

from imis_ai.imis import records
from imis_ai.mirror import models as mirror
from imis_ai.mirror.upsert import encode

CODE_MODELS = (mirror.Chapter, mirror.Tier)


@dataclass(frozen=True)
class Column:
    """One stored column: `field` of the record, and what it points at, or how it is written."""

    name: str
    field: str
    target: type[models.Model] | None = None
    encoder: encode.Encoder | None = None
    is_required: bool = False


@dataclass(frozen=True)
class Table:
    record: type[records.Record]
    model: type[models.Model]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table  # noqa: SLF001  Django's documented model API

    @property
    def has_member(self) -> bool:
        return any(column.target is mirror.Member for column in self.columns)

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """Fields that say when something happened, or is to happen."""
        return tuple(
            column.field
            for column in self.columns
            if column.field != "updated_on"
            and isinstance(self.model._meta.get_field(column.field), models.DateField)  # noqa: SLF001  model API
        )


PLAIN = (
    (models.BooleanField, encode.boolean),
    (models.FloatField, encode.number),
    (models.SmallIntegerField, encode.integer(16)),
    (models.IntegerField, encode.integer(32)),
)


def _encoder(field: models.Field) -> encode.Encoder:
    what = field.name.replace("_", " ")
    optional = partial(encode.optional, what, is_required=not field.null)
    if isinstance(field, models.CharField):
        return encode.text(field.max_length)
    if isinstance(field, models.TextField):
        return encode.text(encode.LONGEST_TEXT, is_long=True)
    if isinstance(field, models.DateField):  # also date-times
        return encode.moments(what, is_required=not field.null)
    if isinstance(field, models.DecimalField):
        return optional(encode.amount(field.max_digits, field.decimal_places))
    return optional(next(to_text for kind, to_text in PLAIN if isinstance(field, kind)))


def _column(model: type[models.Model], name: str) -> Column:
    field = model._meta.get_field(name)  # noqa: SLF001  Django's documented model API
    if isinstance(field, models.ForeignKey):
        return Column(field.column, name, target=field.related_model, is_required=not field.null)
    return Column(field.column, name, encoder=_encoder(field))


def _table(record: type[records.Record], model: type[models.Model], without: tuple[str, ...] = ()) -> Table:
    names = [name for name in record.__struct_fields__ if name not in without]
    return Table(record, model, tuple(_column(model, name) for name in names))


# in the order of their references
TABLES: dict[type[records.Record], Table] = {
    table.record: table
    for table in (
        _table(records.TierPrice, mirror.TierPrice),
        _table(records.Benefit, mirror.Benefit),
        _table(records.TierBenefit, mirror.TierBenefit),
        _table(records.Member, mirror.Member, without=("is_deleted",)),
        _table(records.Event, mirror.Event),
        _table(records.Term, mirror.Term),
        _table(records.Activity, mirror.Activity),
        _table(records.Registration, mirror.Registration),
        _table(records.Invoice, mirror.Invoice),
        _table(records.InvoiceLine, mirror.InvoiceLine),
        _table(records.Payment, mirror.Payment),
        _table(records.PaymentAttempt, mirror.PaymentAttempt),
        _table(records.CommitteeRole, mirror.CommitteeRole),
        _table(records.Text, mirror.Text),
        _table(records.Consent, mirror.Consent),
        _table(records.Relationship, mirror.Relationship),
        _table(records.ProgrammeChange, mirror.ProgrammeChange),
    )
}
MEMBER_TABLES = tuple(table for table in TABLES.values() if table.has_member)
RECORD_TYPES = {kind.__name__: kind for kind in (*TABLES, records.Chapter, records.Tier, records.Deletion)}

Check = Callable[[records.Record], str | None]


def _term_order(term: records.Record) -> str | None:
    is_complete = term.start_on is not None and term.end_on is not None
    return "ends before it starts" if is_complete and term.end_on < term.start_on else None


CHECKS: dict[type[records.Record], Check] = {records.Term: _term_order}


def noun(record: type[records.Record]) -> str:
    """The word staff use for a record type: `CommitteeRole` is a committee role."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", record.__name__).lower()
