"""No name, address, text or iMIS key gets into the feature tables, the vectors or the columnar copy."""

import zlib
from decimal import Decimal

import pytest
from django.db import connection

from imis_ai.features import actions, definitions, queries
from imis_ai.features.models import MemberVector, PublishedValue, Snapshot, SnapshotColumn
from imis_ai.mirror import columns
from tests.factories.features import DAY, NOW, moment
from tests.factories.mirror import (
    ActivityFactory,
    ChapterFactory,
    CommitteeRoleFactory,
    EventFactory,
    InvoiceFactory,
    MemberFactory,
    RegistrationFactory,
    TermFactory,
    TextFactory,
    TierFactory,
)

PEOPLE = 50
CANARY = "Zyxqcanary"


TEXTS = ("first_name", "last_name", "name", "phone", "title", "industry", "company_size", "city", "state")


def plant_canaries() -> None:
    """Fifty members with a canary in every text that the mirror holds of them."""
    for number in range(PEOPLE):
        word = f"{CANARY}{number:03}"
        member = MemberFactory(
            imis_id=f"{word}id",
            email=f"{word}@example.org",
            postal_code=CANARY,
            chapter=ChapterFactory(code=f"{CANARY}chapter"),
            tier=TierFactory(code=f"{CANARY}tier"),
            organisation_imis_id=f"{word}org",
            joined_on=DAY.replace(year=2020),
            **dict.fromkeys(TEXTS, word),
        )
        for kind in ("login", "donation", "walked_by"):
            told = {"reference": word, "detail": f"{word} level 2"}
            ActivityFactory(member=member, kind=kind, at=moment(-9), amount=Decimal(5), **told)
        event = EventFactory(name=word, starts_at=moment(-5))
        RegistrationFactory(member=member, event=event, registered_at=moment(-20))
        TermFactory(member=member, start_on=DAY.replace(year=2025), method=CANARY)
        InvoiceFactory(member=member, payer_imis_id=word, kind=CANARY, issued_on=DAY.replace(year=2025))
        CommitteeRoleFactory(member=member, committee=word, role=word)
        TextFactory(member=member, body=word, subject=word)


@pytest.mark.row("GOV-13")
@pytest.mark.django_db(transaction=True)
def test_canaries_stay_in_the_mirror(settings, tmp_path, caplog):
    settings.VAR_DIR = tmp_path
    plant_canaries()

    snapshot = actions.build(as_of=DAY, now=NOW)
    pseudonyms = columns.pseudonyms(columns.members()["pseudonym"])
    actions.publish(
        as_of=DAY, name="retention.risk", version="1", values=dict.fromkeys(pseudonyms, 0.5), now=NOW
    )

    assert snapshot.members == PEOPLE
    stored = [table_bytes(model) for model in (Snapshot, SnapshotColumn, MemberVector, PublishedValue)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    stored += [path.read_bytes() + path.name.encode() for path in files]
    assert len(files) > 3
    for place in [*stored, caplog.text.encode()]:
        assert CANARY.lower().encode() not in place.lower()
        assert CANARY.encode().hex().encode() not in place.lower()


@pytest.mark.row("GOV-13")
@pytest.mark.django_db(transaction=True)
def test_columns_of_a_snapshot_hold_only_numbers_when_unpacked(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    plant_canaries()

    actions.build(as_of=DAY, now=NOW)

    for data in SnapshotColumn.objects.values_list("data", flat=True):
        unpacked = zlib.decompress(data)
        assert len(unpacked) == 4 * PEOPLE
        assert CANARY.encode() not in unpacked


@pytest.mark.row("GOV-13")
@pytest.mark.django_db
def test_a_category_never_singles_out_fewer_than_five_people():
    plant_canaries()  # everyone has a city, a title, ... of their own

    found = queries.frame(as_of=DAY)

    named = {**definitions.FEATURES, **definitions.own_features(["walked_by"])}
    categories = [name for name in found.columns if named[name].is_category]
    assert len(categories) >= 8
    for name in categories:
        sizes = found[name][found[name] > 0].value_counts()
        assert (sizes >= 5).all(), name


def table_bytes(model) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, E'\\n') FROM {model._meta.db_table} t")
        return (cursor.fetchone()[0] or "").encode()
