"""Features of small associations, as of one day."""

import pytest

from imis_ai.features import queries
from tests.factories.features import DAY


@pytest.fixture
def value(db):
    """`value("portal.logins_30", member)`: one number as of DAY, None where it is missing."""

    def read(name, member, as_of=DAY):
        found = queries.frame(as_of=as_of, names=[name]).loc[str(member.pseudonym), name]
        return None if found != found else round(float(found), 4)

    return read
