"""What the first-year plan adds: the texts of its steps. Like any other they wait for a person's approval."""

from imis_ai.governance.messages import defaults
from imis_ai.governance.messages.defaults import Shipped
from retention.calc import first_year as calc
from retention.wiring.texts import SIGNED

TEXTS = (
    Shipped(
        "First year, the portal",
        "retention",
        "email",
        "New members who have not signed in after 30 days",
        "Your member portal, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Welcome. Your[[ {{ tier }}]] membership opens the member portal: the library, the forum and the"
        " events at member rates.\n\n"
        "Sign in once and complete your profile; then what we send you fits what you do. Reply with a line if"
        " something stands in the way.\n\n" + SIGNED,
        calc.NUDGES[30],
    ),
    Shipped(
        "First year, the first event",
        "retention",
        "email",
        "New members who came to no event and began no course after 60 days",
        "Your first event with us, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Most members say that the first event is when membership begins.[[ The next one near you is"
        " {{ next_chapter_event }}.]]\n\n"
        "Reply with a line if you would like a place, or tell me what you would like to learn.\n\n" + SIGNED,
        calc.NUDGES[60],
    ),
    Shipped(
        "First year, the others",
        "retention",
        "email",
        "New members who met nobody yet after 90 days",
        "Meet the others, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "Members answer each other's questions in the forum, and committees are always glad of a new voice."
        "[[ The next meeting near you is {{ next_chapter_event }}.]]\n\n"
        "Reply with what you work on and I tell you where people talk about it.\n\n" + SIGNED,
        calc.NUDGES[90],
    ),
    Shipped(
        "First year, an introduction",
        "retention",
        "email",
        "New members who are introduced to a member of their chapter who agreed",
        "Somebody you should meet, {{ first_name }}",
        "Dear {{ first_name }},\n\n"
        "I would like to introduce you to {{ peer }}, a member of your chapter who works on similar"
        " things and has agreed to meet new members.\n\n"
        "Reply with a line and I bring you together.\n\n" + SIGNED,
        calc.INTRODUCE,
    ),
)


def connect() -> None:
    """Called once at start."""
    defaults.ship(texts=TEXTS)
