"""The secret of a webhook. It is made from the row and WEBHOOK_KEY, so it is stored nowhere."""

import base64
import hmac
from datetime import UTC, datetime

from django.conf import settings
from standardwebhooks import Webhook as Signer

from imis_ai.integrations.models import Webhook


def secret_of(webhook: Webhook, nonce: str) -> str:
    """As Standard Webhooks writes it: whsec_ and base64."""
    text = f"webhook|{webhook.pk}|{nonce}".encode()
    return "whsec_" + base64.b64encode(hmac.digest(settings.WEBHOOK_KEY.encode(), text, "sha256")).decode()


def headers(*, webhook: Webhook, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """Number, time and signature; two signatures for a day after the secret was changed."""
    nonces = [webhook.nonce]
    if webhook.old_nonce and webhook.old_until and now < webhook.old_until:
        nonces.append(webhook.old_nonce)
    signers = [Signer(secret_of(webhook, nonce)) for nonce in nonces]
    return {
        "Content-Type": "application/json",
        "User-Agent": "imis_ai",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, _second(now), body) for signer in signers),
    }


def _second(now: datetime) -> datetime:
    """The package reads the clock face as UTC."""
    return now.astimezone(UTC).replace(microsecond=0)
