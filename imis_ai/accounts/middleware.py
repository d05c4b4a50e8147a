"""Keeps a session alive while its person works, without a write on every request."""

import time

KEPT_EVERY = 300  # seconds; the idle limit of eight hours is exact to within this


def keep_session(get_response):
    def middleware(request):
        if request.user.is_authenticated:
            now = int(time.time())
            if now - request.session.get("kept", 0) > KEPT_EVERY:
                request.session["kept"] = now
        return get_response(request)

    return middleware
