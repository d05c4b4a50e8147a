"""What win-back adds to the product: texts, offers, and facts that a message to a former member states."""

from decimal import Decimal

from imis_ai.governance.messages import defaults, facts
from imis_ai.governance.messages.defaults import Shipped, ShippedOffer
from imis_ai.governance.messages.offers import Terms
from retention.calc import outreach as calc
from retention.queries import winback
from retention.wiring.texts import SIGNED

BACK = (
    "[[If you come back next month you keep your renewal date and pay {{ dues_to_return }}. ]]"
    "[[With it you get {{ offer }}, if you reply by {{ offer_until }}.\n\n]]"
)
ASKING = "Reply to this message and tell me what would make it worth coming back. I read every answer.\n\n"
TEXTS = (
    Shipped(
        "Come back",
        "retention",
        "email",
        "Win-back, for members who used a benefit in their last year",
        "We miss you, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Your membership ended on {{ left_on }}. In your last year you used {{ benefit_before }}; it is still"
        " there.[[ The next event near you is {{ next_chapter_event }}.]]\n\n" + BACK + ASKING + SIGNED,
        calc.WIN_BACK,
    ),
    Shipped(
        "Come back, plain",
        "retention",
        "email",
        "Win-back, for members of whose last year we know little",
        "How are you, {{ first_name }}?",
        "Dear {{ first_name }},\n\n"
        "Your membership ended on {{ left_on }}.[[ The next event near you is"
        " {{ next_chapter_event }}, and you are welcome.]]\n\n" + BACK + ASKING + SIGNED,
        calc.WIN_BACK,
    ),
    Shipped(
        "Come back, SMS",
        "retention",
        "sms",
        "Win-back, for members who answer to SMS",
        "",
        "{{ first_name }}, your membership ended on {{ left_on }}. You can come back in the member portal, or"
        " reply to reach us.",
        calc.WIN_BACK,
    ),
)
OFFERS = (
    ShippedOffer(
        "Welcome back",
        "",
        Terms(
            what="a guest pass for your next chapter event",
            cost=Decimal("15.00"),
            ceiling=Decimal("15.00"),
            budget=Decimal("1500.00"),
            needs_approval_above=Decimal("15.00"),
            expires_after_days=30,
            reasons=["lapsed"],
        ),
    ),
    ShippedOffer(
        "Last year's price",
        "",
        Terms(
            what="your first year back at the price you paid before",
            cost=Decimal("60.00"),
            ceiling=Decimal("110.00"),
            budget=Decimal("3000.00"),
            needs_approval_above=Decimal("40.00"),
            expires_after_days=30,
            reasons=["tier", "lapsed"],
        ),
    ),
)


def connect() -> None:
    """Called once at start."""
    defaults.ship(texts=TEXTS, offers=OFFERS)
    facts.register("left_on", "Membership ended", "iMIS membership", winback.left_on, say=winback.said_day)
    facts.register(
        "dues_to_return",
        "Dues until the old renewal date",
        "iMIS, price of the last term",
        winback.dues_to_return,
        say=winback.said_dues,
    )
    facts.register(
        "benefit_before",
        "Benefit used most in the last year of membership",
        "iMIS activities",
        winback.benefit_before,
        say=winback.said_benefit,
    )
