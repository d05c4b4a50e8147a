"""Why iMIS could not be read, in sentences for staff. No credential or record ever stands in them."""

import datetime as dt


class ImisError(Exception):
    """The parent of every refusal; its text says what happened, where, and what to do."""


class NotConfigured(ImisError, ValueError):
    """A setting cannot be used; the text names it and shows how to write it."""


class Unreachable(ImisError):
    """No usable answer after the permitted attempts: connection, time-out or a failing server."""


class Refused(Unreachable):
    """The configured address may not be contacted: not https, an inner network, or not an address at all."""


class Denied(ImisError):
    """iMIS answered that this account may not read this endpoint, or that the endpoint does not exist."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class AuthFailed(ImisError):
    """User name or password were refused. Not repeated: five failures lock the account in iMIS."""


class BadAnswer(ImisError):
    """iMIS answered with something that cannot be trusted: a damaged page, a web page, a redirect."""


class TooManyRequests(ImisError):
    """iMIS asked for a longer pause than one run waits. `retry_at` is when it may be asked again."""

    def __init__(self, message: str, *, retry_at: dt.datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class QuietHours(ImisError):
    """Now is a time at which the association wants iMIS left alone. `until` is when it ends."""

    def __init__(self, message: str, *, until: dt.datetime) -> None:
        super().__init__(message)
        self.until = until
