"""The texts and offers of retention that come with the product. They wait for a person's approval."""

from decimal import Decimal

from imis_ai.governance.messages.defaults import Shipped, ShippedOffer
from imis_ai.governance.messages.offers import Terms
from retention.calc import outreach as calc

SIGNED = "Kind regards[[\n{{ director }}\nMembership director]]"
TEXTS = (
    Shipped(
        "Offer from the director",
        "retention",
        "email",
        "High band: what they used, and an offer that fits",
        "Something for you, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Thank you for being with us[[ for {{ years_a_member }}]].[[ In the past year you used"
        " {{ top_benefit }} {{ top_benefit_uses }}.]][[ You came to {{ events_attended }}.]]\n\n"
        "I would like to give you {{ offer }}[[: {{ webinar }}]][[. You would meet {{ peer }}]]. It is"
        " yours until {{ offer_until }}. Reply with a line and we arrange it.\n\n"
        "[[Your membership runs to {{ renewal_date }}, and you can renew in the member portal whenever it"
        " suits you.\n\n]]" + SIGNED,
        calc.CAMPAIGN,
    ),
    Shipped(
        "Used this year",
        "retention",
        "email",
        "High band, where no offer fits: what they used, and what comes next",
        "Your year with us, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "In the past year you used {{ benefits_used }}.[[ You came to {{ events_attended }}.]]\n\n"
        "[[The next event near you is {{ next_chapter_event }}. ]]Reply with a line if you would like a place"
        " or have a question; I read every answer.\n\n"
        "[[Your membership runs to {{ renewal_date }}. ]]Renew in the member portal whenever it suits"
        " you.\n\n" + SIGNED,
        calc.CAMPAIGN,
    ),
    Shipped(
        "A word from the director",
        "retention",
        "email",
        "High band, of whom we know little; it claims nothing",
        "How can we help, {{ first_name }}?",
        "Dear {{ first_name }},\n\n"
        "We would like membership to be useful to you. What would help you most in your work this year?"
        "[[ The next event near you is {{ next_chapter_event }}.]]\n\n"
        "Reply with a line or two and I will see what we can do.\n\n" + SIGNED,
        calc.CAMPAIGN,
    ),
    Shipped(
        "Early renewal",
        "retention",
        "email",
        "Medium band, 45 days before the term ends: the most used benefits with their counts",
        "Renew early, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Your[[ {{ tier }}]] membership runs to {{ renewal_date }}. In the past year you used"
        " {{ benefits_used }}.\n\n"
        "Renew in the member portal now and keep all of it without a gap.[[ The next event near you is"
        " {{ next_chapter_event }}.]]\n\n"
        "Reply if anything is unclear.\n\n" + SIGNED,
        calc.REMINDER,
    ),
    Shipped(
        "Early renewal, events",
        "retention",
        "email",
        "Medium band, for members who come to events and use no benefit",
        "Renew early, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Your[[ {{ tier }}]] membership runs to {{ renewal_date }}. In the past year you came to"
        " {{ events_attended }}.\n\n"
        "Renew in the member portal now and keep your member rates.[[ The next event near you is"
        " {{ next_chapter_event }}.]]\n\n"
        "Reply if anything is unclear.\n\n" + SIGNED,
        calc.REMINDER,
    ),
    Shipped(
        "Early renewal, SMS",
        "retention",
        "sms",
        "Medium band, for members who answer to SMS",
        "",
        "{{ first_name }}, your membership runs to {{ renewal_date }}. This year you used {{ top_benefit }}"
        " {{ top_benefit_uses }}. Renew in the member portal, or reply to reach us.",
        calc.REMINDER,
    ),
    Shipped(
        "Still yours",
        "retention",
        "email",
        "Grace: the term has ended and benefits still run",
        "Your benefits still run, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Your membership ended on {{ ended_on }}. Your benefits run until {{ benefits_until }}.[[ In the past"
        " year you used {{ benefits_used }}.]]\n\n"
        "[[If you renew by {{ offer_until }} you also get {{ offer }}.\n\n]]"
        "Renew in the member portal; it takes a moment. Reply if something stands in the way.\n\n" + SIGNED,
        calc.BACK,
    ),
    Shipped(
        "Still yours, SMS",
        "retention",
        "sms",
        "Grace, for members who answer to SMS",
        "",
        "{{ first_name }}, your membership ended on {{ ended_on }}. Benefits run until {{ benefits_until }}."
        " Renew in the member portal, or reply to reach us.",
        calc.BACK,
    ),
)
OFFERS = (
    ShippedOffer(
        "Complimentary webinar",
        "seat",
        Terms(
            what="a complimentary seat at our next webinar",
            cost=Decimal("22.00"),
            ceiling=Decimal("60.00"),
            budget=Decimal("2200.00"),
            needs_approval_above=Decimal("60.00"),
            expires_after_days=21,
            reasons=["events", "content", "portal", "engagement", "mail", "early", "expiry"],
        ),
    ),
    ShippedOffer(
        "Peer introduction",
        "peer",
        Terms(
            what="an introduction to a member of your chapter who works on similar things",
            cost=Decimal("8.00"),
            ceiling=Decimal("8.00"),
            budget=Decimal("800.00"),
            needs_approval_above=Decimal("8.00"),
            expires_after_days=30,
            reasons=["community", "committee", "membership", "place", "early", "expiry"],
        ),
    ),
    ShippedOffer(
        "Renewal guest pass",
        "",
        Terms(
            what="a guest pass for a colleague at your next chapter event",
            cost=Decimal("15.00"),
            ceiling=Decimal("15.00"),
            budget=Decimal("1500.00"),
            needs_approval_above=Decimal("15.00"),
            expires_after_days=21,
            reasons=["grace"],
        ),
    ),
)
