"""Sessions live while their person works, 12 hours at most; without a second step they open little."""

from django.contrib.auth import logout
from django.shortcuts import redirect
from django.utils import timezone

from imis_ai.accounts import actions, second_step, sessions
from imis_ai.accounts.problems import problem

UNTOUCHED = ("/account/session/",)  # asking how long is left is not use
WITHOUT_SECOND_STEP = ("/account/second-step/", "/account/confirm/", "/account/session/", "/logout/")


def keep_session(get_response):
    def middleware(request):
        if request.user.is_authenticated:
            if not sessions.left(request):
                logout(request)
            elif sessions.is_due(request) and request.path not in UNTOUCHED:
                sessions.keep(request)
                actions.seen(person=request.user, now=timezone.now())
        return get_response(request)

    return middleware


def second_step_first(get_response):
    def middleware(request):
        if not request.path.startswith(WITHOUT_SECOND_STEP) and second_step.is_missing(request):
            if request.path.startswith("/api/"):
                sentence = "Your role needs a second step. Open /account/second-step/ in the browser."
                return problem(403, "second_step", sentence)
            return redirect("mfa_index")
        return get_response(request)

    return middleware
