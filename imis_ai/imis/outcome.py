"""What became of a write: certainly not applied, or nobody knows. Nothing here sends anything again."""

import datetime as dt

import httpx2
import msgspec

from imis_ai.imis.errors import Ambiguous, ImisError, NotApplied
from imis_ai.imis.text import clean_text

NOT_APPLIED = {400, 401, 403, 404, 409, 422, 429}
FINAL = {400, 403, 404, 409, 422}
BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
KEPT = 2000  # characters of iMIS' own answer


def judge(
    response: httpx2.Response, body: bytes, path: str, method: str, *, retry_at: dt.datetime | None
) -> None:
    """Return for a success that can be read. Raises `NotApplied` or `Ambiguous`."""
    status, said = response.status_code, clean_text(body.decode("utf-8", "replace"), limit=KEPT)
    if status in NOT_APPLIED:
        raise NotApplied(
            f"{path}: {_refusal(status, body)}",
            status=status,
            is_final=status in FINAL,
            retry_at=retry_at,
            answer=said,
        )
    if not 200 <= status < 300:
        raise Ambiguous(f"{path}: iMIS answered with an error (status {status}).", status=status, answer=said)
    if method != "DELETE" and not _is_object(response, body):
        raise Ambiguous(f"{path}: iMIS' answer cannot be read (status {status}).", status=status, answer=said)


def broken(error: Exception, path: str) -> ImisError:
    """The outcome of a request whose connection failed."""
    if isinstance(error, BEFORE_SENDING):
        return NotApplied(f"{path}: there was no connection to iMIS, so nothing was sent.")
    if isinstance(error, httpx2.TimeoutException):
        return Ambiguous(f"{path}: iMIS did not answer in time.")
    return Ambiguous(f"{path}: the connection broke before iMIS answered ({type(error).__name__}).")


def _is_object(response: httpx2.Response, body: bytes) -> bool:
    if "json" not in response.headers.get("Content-Type", ""):
        return False
    try:
        return isinstance(msgspec.json.decode(body), dict | bool)
    except ValueError:
        return False


def _refusal(status: int, body: bytes) -> str:
    """What iMIS objects to, without the values that were sent."""
    if status == 429:
        return "iMIS asks for a pause."
    if status in {401, 403}:
        return "the write account may not do this in iMIS. Give it the right there."
    said = "; ".join(_messages(body)) or "no reason given"
    return f"iMIS refuses this: {said}."


def _messages(body: bytes) -> list[str]:
    try:
        found = msgspec.json.decode(body)
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    errors = found.get("Errors") or {}
    errors = errors.get("$values", []) if isinstance(errors, dict) else errors
    said = [str(each.get("Message", "")) for each in errors if isinstance(each, dict)]
    said = said or [str(found.get("Message", ""))]
    return [each.strip().rstrip(".")[:200] for each in said if each.strip()]
