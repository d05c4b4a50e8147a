"""Notifications: the list behind the bell, each with the way to what it is about."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.notices import KINDS
from imis_ai.accounts.rights import needs
from imis_ai.governance import notices
from imis_ai.ui import words
from imis_ai.ui.tables import Pages


@require_safe
@needs("notices.own")
def listed(request: HttpRequest) -> HttpResponse:
    only_unread = request.GET.get("show") == "unread"
    found = notices.listed(person=request.user, only_unread=only_unread)
    page = request.GET.get("page", "")
    pages = Pages.of(int(page) if page.isdecimal() and len(page) < 7 else 1, found.count())
    unread = notices.unread(person=request.user)
    context = {
        "rows": [(row, _label(row.kind)) for row in found[pages.start : pages.stop]],
        "pages": pages,
        "only_unread": only_unread,
        "unread": unread,
        "tabs": [
            _tab("All", "", not only_unread, None),
            _tab("Unread", "?show=unread", only_unread, unread),
        ],
    }
    return render(request, "governance/notices/list.html", context)


@require_safe
@needs("notices.own")
def opened(request: HttpRequest, notice_id: int) -> HttpResponse:
    """On to what it is about; having followed it is having read it."""
    found = get_object_or_404(notices.listed(person=request.user), pk=notice_id)
    notices.mark_read(person=request.user, numbers=[found.pk], now=timezone.now())
    return redirect(found.address)


@require_POST
@needs("notices.own")
def read(request: HttpRequest) -> HttpResponse:
    """One, or all of them."""
    now = timezone.now()
    if request.POST.get("all"):
        number = notices.mark_all_read(person=request.user, now=now)
    else:
        numbers = [int(pk) for pk in request.POST.getlist("number") if pk.isdecimal() and len(pk) < 19]
        number = notices.mark_read(person=request.user, numbers=numbers, now=now)
    messages.success(request, f"{words.plural(number, 'notification')} marked as read.")
    return redirect("notifications")


def _label(kind: str) -> str:
    return KINDS[kind].label if kind in KINDS else kind


def _tab(label: str, query: str, is_current: bool, number: int | None) -> dict:
    address = reverse("notifications") + query
    return {"label": label, "address": address, "is_current": is_current, "number": number}
