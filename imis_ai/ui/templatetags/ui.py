"""Template tags of the product's components: drawings, icons, and numbers in words."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zlib import crc32

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.timezone import localtime

from imis_ai.ui import figures, words

register = template.Library()


@register.simple_tag
def icon(name: str) -> str:
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("ui/icons.svg"), name
    )


@register.inclusion_tag("ui/score_bar.html")
def score_bar(score: int, low: int | None, high: int | None, band: str, words_after: str = "") -> dict:
    """All of 100; `band` is hi, md or lo."""
    bar = figures.score_bar(score, low, high)
    return {"score": score, "low": low, "high": high, "band": band, "bar": bar, "words_after": words_after}


@register.inclusion_tag("ui/dot_array.html")
def dot_array(score: int, low: int, high: int, band: str) -> dict:
    return {
        "dots": figures.dots(score, low, high),
        "score": score,
        "low": low,
        "high": high,
        "band": band,
    }


@register.inclusion_tag("ui/factor_chip.html")
def factor_chip(factor: dict) -> dict:
    """A factor as stored with a score: chip, sentence, direction."""
    return {"factor": factor, "raises": factor.get("direction") != "lowers"}


@register.inclusion_tag("ui/badge.html")
def badge(text: str, kind: str = "", picture: str = "") -> dict:
    return {"text": text, "kind": kind, "picture": picture}


@register.inclusion_tag("ui/avatar.html")
def avatar(name: str, size: str = "") -> dict:
    return {"letters": words.initials(name), "size": size, "tint": crc32(name.encode()) % 4 + 1}


@register.inclusion_tag("ui/why_not.html")
def why_not(what: str, rule: str = "", owner: str = "", next_step: str = "") -> dict:
    return {"what": what, "rule": rule, "owner": owner, "next_step": next_step}


@register.filter
def money(amount: Decimal | None) -> str:
    return "" if amount is None else words.money(amount, settings.CURRENCY)


@register.filter
def plain(number: Decimal | float | None) -> str:
    """As a file has it: 1140.50; empty for what is not known."""
    return "" if number in (None, "") else f"{number:.2f}"


@register.filter
def money_round(amount: Decimal | float | None) -> str:
    return "" if amount is None else words.money(amount, settings.CURRENCY, cents=False)


@register.filter
def short_date(day: date | None, today: date) -> str:
    return "" if day is None else words.short_date(day, today)


@register.filter
def long_date(day: date | None, today: date) -> str:
    return "" if day is None else words.long_date(day, today)


@register.filter
def iso_date(day: str, today: date) -> str:
    """A day that is kept as text, as people write it."""
    return words.short_date(date.fromisoformat(day), today)


@register.filter
def month_of(day: str) -> str:
    """2025-05-01 -> May 2025."""
    return words.month_and_year(day)


@register.filter
def quarter(name: str) -> str:
    """2026-Q3 -> Q3 2026."""
    return f"{name[5:]} {name[:4]}"


@register.filter
def moment(at: datetime | None, now: datetime) -> str:
    """In words such as 05:58 today, in the association's time zone."""
    return "" if at is None else words.moment(localtime(at), localtime(now))


@register.filter
def moment_ahead(at: datetime, now: datetime) -> str:
    """In words such as: at 02:00 tomorrow."""
    return words.ahead(localtime(at), localtime(now))


@register.filter
def ago(at: datetime | None, now: datetime) -> str:
    return "" if at is None else words.ago(now - at)


@register.filter
def duration(seconds: float | timedelta | None) -> str:
    if seconds is None:
        return ""
    return words.duration(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)


@register.filter
def count(number: float | None) -> str:
    return "" if number is None else words.count(number)


@register.filter
def plural(number: int, forms: str) -> str:
    """{{ 3|plural:"member" }} -> "3 members"; "person,people" where adding s is wrong."""
    one, _, many = forms.partition(",")
    return words.plural(number, one, many)


@register.filter
def chance(share: float) -> str:
    return words.chance(share)


@register.filter
def about_chance(share: float) -> str:
    return words.about_chance(share)


@register.filter
def scaled(share: float | None, length: float) -> float:
    """A share of a length, for drawings: {{ 0.5|scaled:64 }} -> 32."""
    return round(min(max(share or 0, 0), 1) * length, 1)


@register.filter
def add_four(y: float) -> float:
    """The baseline of a label beside a line at y."""
    return round(y + 4, 1)


@register.filter
def field_bad(field) -> str:
    return "bad" if field.errors else ""


@register.filter
def day(at: datetime, today: date) -> str:
    """The local day of a moment: 14 Dec."""
    return words.short_date(localtime(at).date(), today)


@register.filter
def minus(later: datetime, earlier: datetime) -> timedelta:
    return later - earlier


@register.filter
def points(share: float | None) -> str:
    return "" if share is None else words.points(share)


@register.filter
def of_100(share: float | None) -> str:
    return "" if share is None else str(words.of_100(share))


@register.filter
def at(found: dict, key: str) -> object:
    """{{ words|at:state }} -> words[state]."""
    return found.get(key, "")


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else words.percent(share)


@register.inclusion_tag("ui/spark.html")
def spark(points) -> dict:
    """A small line without axes; nothing for fewer than two points."""
    return {"line": figures.spark(points) if len(points) > 1 else None}


@register.filter
def day_or_time(at: datetime, now: datetime) -> str:
    """06:07 for today, Mon for this week, 14 Nov before."""
    local, today = localtime(at), localtime(now).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%a}" if (today - local.date()).days < 7 else words.short_date(local.date(), today)


@register.filter
def clock(at: datetime) -> str:
    """The local time of a moment; empty at midnight, which is a day without a time."""
    local = localtime(at)
    return f"{local:%H:%M}" if (local.hour, local.minute) != (0, 0) else ""


@register.filter
def money_axis(amount: float) -> str:
    """312000 -> $312k, for the axis of a chart."""
    if not amount:
        return "0"
    symbol = words.SYMBOLS.get(settings.CURRENCY, f"{settings.CURRENCY} ")
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if amount >= size:
            return f"{symbol}{amount / size:g}{letter}"
    return f"{symbol}{amount:g}"


@register.filter
def signed(number: int) -> str:
    """With a sign: +3, minus as a minus."""
    return f"+{number}" if number > 0 else f"{words.MINUS}{-number}" if number < 0 else "0"
