"""An approved text as an SMS: into a file, or to the association's SMS service over HTTPS."""

from pathlib import Path
from typing import Protocol

from django.conf import settings

from imis_ai.governance.messages import stop
from imis_ai.governance.messages.mail import NotTaken


class Service(Protocol):
    """Whoever carries the text. Raises NotTaken or Unclear; returns its own number for it, if any."""

    def send(self, *, to: str, text: str, reference: str) -> str: ...


class Files:
    """The demo, and every installation without a service: one file per reference in var/."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, *, to: str, text: str, reference: str) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with (self._folder / f"{reference}.txt").open("x") as file:
                file.write(f"To: {to}\n\n{text}\n")
        except FileExistsError:
            pass  # an earlier try wrote it
        except OSError as error:
            raise NotTaken(f"The text cannot be stored ({type(error).__name__}).", is_final=False) from None
        return reference


def text_of(*, body: str, reference: str, is_automatic: bool) -> str:
    """With the label and the way out where no person pressed the button."""
    if not is_automatic:
        return body
    return f"{body}\nAutomated message. Stop or reach a person: {stop.link(reference)}"


def service() -> Service:
    """The configured one."""
    if not settings.SMS_URL:
        return Files(settings.SMS_FILE_PATH)
    from imis_ai.governance.messages.sms_webhook import Webhook  # noqa: PLC0415  slow import

    return Webhook(settings.SMS_URL, settings.SMS_TOKEN)
