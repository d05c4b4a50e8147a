"""An approved text as an e-mail. Every try of one message carries the same Message-ID."""

import smtplib
from contextlib import suppress
from email.utils import formatdate, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from imis_ai.governance.messages import pages, stop
from imis_ai.governance.messages.drafts import AUTOMATED
from imis_ai.imis.text import clean_line

DIRECTOR = "director"  # of membership: whose own address stands above what is written in their name


class NotTaken(Exception):
    """The server has certainly not taken it. `is_final`: it never will. `is_address`: the address is why."""

    def __init__(self, text: str, *, is_final: bool, is_address: bool = False) -> None:
        super().__init__(text)
        self.is_final, self.is_address = is_final, is_address


class Unclear(Exception):
    """The connection ended after the text was handed over: nobody knows whether it was taken."""


def director() -> str:
    """Name of the membership director as it stands under letters; empty where none is set."""
    return parseaddr(settings.MAIL_DIRECTOR)[0]


def message_id(reference: str) -> str:
    """<IAI-…@the domain we send from>: what replies and bounces name."""
    return f"<{reference}@{domain()}>"


def domain() -> str:
    return parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost.invalid"


def footer(reference: str, *, is_automatic: bool) -> str:
    """The label where no person pressed the button, and the way out in every message."""
    label = f"{AUTOMATED} " if is_automatic else ""
    return f"{label}Stop these messages or reach a person: {stop.link(reference)}"


def build(
    *,
    to: str,
    subject: str,
    body: str,
    reference: str,
    is_automatic: bool,
    at: float,
    sender: str = "",
    page: str = "",
) -> EmailMessage:
    """Plain text, so that nothing in it can run or load. `sender` DIRECTOR: in the director's name.

    `page`: a signed page that it opens.
    """
    link = stop.link(reference)
    if page:
        body = f"{body}\n\n{pages.line(page=page, reference=reference)}"
    headers = {
        "Message-ID": message_id(reference),
        "Date": formatdate(at),
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Reference": reference,
    }
    if is_automatic:
        headers |= {"Auto-Submitted": "auto-generated", "Precedence": "bulk"}
    return EmailMessage(
        subject=clean_line(subject, limit=150),
        body=f"{body}\n\n-- \n{settings.ASSOCIATION}\n{footer(reference, is_automatic=is_automatic)}\n",
        from_email=(sender == DIRECTOR and settings.MAIL_DIRECTOR) or settings.MAIL_FROM,
        to=[to],
        reply_to=[settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None,
        headers=headers,
    )


def hand_over(message: EmailMessage) -> None:
    """Give it to the mail server once. Raises NotTaken or Unclear."""
    connection = message.get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(
            f"The mail server cannot be reached ({type(error).__name__}).", is_final=False
        ) from None
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        is_final = all(code >= 500 for code, _ in error.recipients.values())
        raise NotTaken(
            "The mail server refused the address.", is_final=is_final, is_address=is_final
        ) from None
    except smtplib.SMTPResponseException as error:
        text = f"The mail server refused it with code {error.smtp_code}."
        raise NotTaken(text, is_final=error.smtp_code >= 500) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unclear(f"The mail server went away ({type(error).__name__}).") from None
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
