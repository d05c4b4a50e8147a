"""Telling the administrators by e-mail that a receiver was switched off. No personal data."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from imis_ai.accounts.models import User
from imis_ai.integrations.models import Webhook

log = logging.getLogger(__name__)


def tell(webhooks: Iterable[Webhook]) -> int:
    """One message per receiver; the page says the same, so a mail that fails loses nothing."""
    people = User.objects.filter(role=User.Role.ADMIN, is_active=True).exclude(email="")
    addresses = list(people.values_list("email", flat=True))
    sent = 0
    for webhook in webhooks if addresses else ():
        page = settings.SITE_URL.rstrip("/") + reverse("webhook", args=[webhook.pk])
        text = (
            f"{webhook.name} takes no messages any more and was switched off.\n\n{webhook.off_reason}\n\n"
            f"What waits is kept. Look at the receiver, then switch it on again: {page}\n"
        )
        try:
            sent += EmailMessage(f"Webhook {webhook.name} is switched off", text, to=addresses).send()
        except (OSError, SMTPException) as problem:
            log.warning("no mail about webhook %s (%s)", webhook.pk, type(problem).__name__)
    return sent
