"""Saving the list one looks at under a name, and what one does with it later. Each goes back to the list."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from imis_ai.accounts import saved_views
from imis_ai.accounts.rights import needs


@require_POST
@needs("account.own")
def save(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    place, query = _place(sent.get("place", "")), sent.get("query", "")
    try:
        view = saved_views.save(
            person=request.user,
            place=place,
            query=query,
            name=sent.get("name", ""),
            is_shared="share" in sent,
            now=timezone.now(),
        )
    except saved_views.Unsaved as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"Saved as “{view.name}”.")
    return redirect(_address(place, query))


@require_POST
@needs("account.own")
def change(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename and share, delete: one's own. Make it the first: any that one sees."""
    view = saved_views.find(person=request.user, pk=view_id)
    what = request.POST.get("do", "")
    if view is None or (view.person_id != request.user.pk and what not in ("first", "not first")):
        raise Http404
    address = _address(view.place, view.query)
    if what in ("first", "not first"):
        saved_views.make_first(person=request.user, view=view, is_first=what == "first")
        messages.success(request, "The navigation leads here now." if what == "first" else "No longer first.")
    elif what == "delete":
        saved_views.delete(view=view)
        messages.success(request, f"“{view.name}” is deleted.")
    else:
        _rename(request, view)
    return redirect(address)


def _rename(request: HttpRequest, view) -> None:
    try:
        saved_views.change(view=view, name=request.POST.get("name", ""), is_shared="share" in request.POST)
    except saved_views.Unsaved as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, f"Saved as “{view.name}”.")


def _place(asked: str) -> str:
    """An address of ours, the first page for any other."""
    try:
        resolve(asked)
    except Resolver404:
        return reverse("home")
    return asked[:200]


def _address(place: str, query: str) -> str:
    text = query.lstrip("?")
    return f"{place}?{text}" if text else place
