"""Why iMIS could not be read or written, in sentences for staff. No credential or record stands in them."""

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


class NotApplied(ImisError):
    """A write that iMIS has certainly not done: it never got there, or iMIS refused it.

    `is_final`: sending the same again would be refused again. `answer` is iMIS' own text, for the fold.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        is_final: bool = False,
        retry_at: dt.datetime | None = None,
        answer: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_final = is_final
        self.retry_at = retry_at
        self.answer = answer


class Ambiguous(ImisError):
    """A write that iMIS may or may not have done. Never sent again before it was looked for."""

    def __init__(self, message: str, *, status: int = 0, answer: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.answer = answer


class NotFindable(ImisError):
    """What we wrote cannot be looked for there, so nothing may be sent again by itself."""


class NoWriteAccount(NotConfigured):
    """There is no account to write with. Reading and every insight work all the same."""
