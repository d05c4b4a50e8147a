"""Rows under a drawing as CSV: those of the page, as this person gets it, inert, and logged."""

import pytest
from django.http import Http404, HttpResponse

from imis_ai.accounts.models import AccessEntry
from imis_ai.ui import middleware
from tests.factories.accounts import UserFactory

PAGE = """<figure data-drawing="other"><table><tr><td>no</td></tr></table></figure>
<figure data-drawing="money"><svg class="plot"></svg><table>
<thead><tr><th>Month</th><th class="num">Received <b>in all</b></th></tr></thead>
<tr><td><time datetime="2026-06">Jun 2026</time></td><td><data value="1140.50">$1,140</data></td></tr>
<tr><td>=HYPERLINK("x")</td><td>&minus;4,218</td></tr></table>
<table><tr><td>second</td></tr></table></figure>"""


def asked(rf, person, query, page=PAGE, status=200):
    request = rf.get(f"/somewhere/{query}")
    request.user = person
    return middleware.drawing_as_csv(lambda _: HttpResponse(page, status=status))(request)


@pytest.mark.django_db
def test_the_table_of_the_drawing_leaves_as_it_stands_on_the_page(rf):
    person = UserFactory(role="executive")

    file = asked(rf, person, "?view=x&csv=money")

    lines = b"".join(file.streaming_content).decode().lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines()
    assert lines == ["Month,Received in all", "2026-06,1140.50", '"\'=HYPERLINK(""x"")",-4218']
    entry = AccessEntry.objects.get()
    assert (entry.user, entry.what, entry.detail["drawing"], entry.detail["rows"]) == (
        person, "list exported", "money", 2,
    )  # fmt: skip
    with pytest.raises(Http404):
        asked(rf, person, "?csv=nothing")
    assert asked(rf, person, "?csv=money", status=403).content == PAGE.encode()
    assert asked(rf, person, "").content == PAGE.encode()
    assert AccessEntry.objects.count() == 1
