"""The texts that come with the product. They wait for a person's approval like any other."""

from datetime import datetime
from typing import NamedTuple

from imis_ai.governance.messages import templates
from imis_ai.governance.messages.templates import Text
from imis_ai.governance.models import Channel, Template, TemplateVersion


class Shipped(NamedTuple):
    name: str
    area: str
    channel: str
    purpose: str
    subject: str
    body: str


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


def load(*, now: datetime) -> list[TemplateVersion]:
    """Put the shipped texts before staff, once; what is there already is left alone."""
    waiting = []
    for text in TEXTS:
        template, is_new = Template.objects.get_or_create(
            name=text.name, defaults={"area": text.area, "channel": text.channel, "purpose": text.purpose}
        )
        if is_new:
            version = templates.write(
                template=template,
                text=Text(text.subject, text.body),
                by=None,
                now=now,
                note="Comes with imis_ai",
            )
            waiting.append(templates.submit(version=version, by=None, now=now))
    return waiting
