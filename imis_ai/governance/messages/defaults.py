"""The texts that come with the product. They wait for a person's approval like any other."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance.messages import offers, templates
from imis_ai.governance.messages.offers import Terms
from imis_ai.governance.messages.templates import Text
from imis_ai.governance.models import Channel, Offer, OfferVersion, Template, TemplateVersion


class Shipped(NamedTuple):
    name: str
    area: str
    channel: str
    purpose: str
    subject: str
    body: str
    use: str = ""


class ShippedOffer(NamedTuple):
    name: str
    needs: str
    terms: Terms


NOTE = "Comes with imis_ai"

TEXTS = (
    Shipped(
        "Value received",
        "retention",
        Channel.EMAIL,
        "For members who came to events or used a benefit",
        "Your year at a glance, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Thank you for being with us[[ for {{ years_a_member }}]]. In the past year you attended"
        " {{ events_attended }}.[[ You used {{ top_benefit }} {{ top_benefit_uses }}, more than any other"
        " benefit.]]\n\n"
        "[[Your membership runs to {{ renewal_date }}. ]]You can renew in the member portal whenever it suits"
        " you."
        "[[ I would be glad to see you at {{ next_chapter_event }}.]]\n\n"
        "If something could work better for you, reply to this message and tell me.\n\n"
        "Kind regards[[\n{{ staff_owner }}]]",
    ),
    Shipped(
        "Benefit used",
        "retention",
        Channel.EMAIL,
        "For members who use a benefit and come to no events",
        "More from {{ top_benefit }}",
        "Dear {{ first_name }},\n\n"
        "You used {{ top_benefit }} {{ top_benefit_uses }} in the past year. Others who use it also like the"
        " discussion forum and the member library.\n\n"
        "[[Your membership runs to {{ renewal_date }}. ]]Renew in the member portal to keep using it"
        " without a gap."
        "[[ You may also like {{ next_chapter_event }}.]]\n\n"
        "Reply to this message if you have a question.\n\nKind regards[[\n{{ staff_owner }}]]",
    ),
    Shipped(
        "Checking in",
        "retention",
        Channel.EMAIL,
        "For members of whom we know little; it claims nothing",
        "How can we help, {{ first_name }}?",
        "Dear {{ first_name }},\n\n"
        "We would like membership to be useful to you. What would help you most in your work this year?"
        "[[ Your next chapter event is {{ next_chapter_event }}; come along if you can.]]\n\n"
        "Reply to this message with a line or two. A person reads every answer.\n\n"
        "Kind regards[[\n{{ staff_owner }}]]",
    ),
    Shipped(
        "Renewal date",
        "renewals",
        Channel.SMS,
        "A short reminder before the renewal date",
        "",
        "{{ first_name }}, your membership runs to {{ renewal_date }}. Renew in the member portal, or reply"
        " to reach us.",
    ),
    Shipped(
        "Renewal ahead",
        "renewals",
        Channel.EMAIL,
        "A reminder before the renewal date",
        "Your membership runs to {{ renewal_date }}",
        "Dear {{ first_name }},\n\n"
        "Your[[ {{ tier }}]] membership runs to {{ renewal_date }}.[[ Dues for your last term were"
        " {{ dues }}.]] Renew in the member portal; it takes a moment.\n\n"
        "Reply to this message if anything is unclear.\n\nKind regards",
    ),
)


_texts: list[Shipped] = []
_offers: list[ShippedOffer] = []


def ship(*, texts: Sequence[Shipped] = (), offers: Sequence[ShippedOffer] = ()) -> None:
    """What a domain adds; called once at start."""
    _texts.extend(text for text in texts if text not in _texts)
    _offers.extend(offer for offer in offers if offer not in _offers)


def load(*, now: datetime) -> list[TemplateVersion]:
    """Put the shipped texts and offers before staff, once; what is there already is left alone.

    Returns the texts that wait.
    """
    waiting = []
    for text in (*TEXTS, *_texts):
        known = {"area": text.area, "channel": text.channel, "purpose": text.purpose, "use": text.use}
        template, is_new = Template.objects.get_or_create(name=text.name, defaults=known)
        if is_new:
            words = Text(text.subject, text.body)
            version = templates.write(template=template, text=words, by=None, now=now, note=NOTE)
            waiting.append(templates.submit(version=version, by=None, now=now))
    for shipped in _offers:
        offer, is_new = Offer.objects.get_or_create(name=shipped.name, defaults={"needs": shipped.needs})
        if is_new:
            made = offers.write(offer=offer, terms=shipped.terms, by=None, now=now, note=NOTE)
            offers.submit(version=made, by=None, now=now)
    return waiting


@transaction.atomic
def approve_waiting(*, by: User, now: datetime) -> None:
    """What is shipped and nobody has decided on, approved by one person at once: for the demo."""
    asked = {"state": TemplateVersion.State.WAITING, "written_by": None}
    for text in TemplateVersion.objects.filter(**asked).select_related("template").order_by("pk"):
        templates.approve(version=text, by=by, now=now)
    for offer in OfferVersion.objects.filter(**asked).select_related("offer").order_by("pk"):
        offers.approve(version=offer, by=by, now=now)
