"""How many parts an SMS takes: GSM-7 with its extension table, or UCS-2. Pure."""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM, UCS = "GSM-7", "UCS-2"
ALONE = {GSM: 160, UCS: 70}
EACH = {GSM: 153, UCS: 67}
MOST_PARTS = 3


@dataclass(frozen=True)
class Length:
    """`units` are septets or 16-bit units; `left` is what the last part still holds."""

    encoding: str
    units: int
    parts: int
    left: int


def measure(text: str) -> Length:
    """Parts as a network counts them: no part ends inside a two-unit character."""
    is_gsm = all(letter in _BASIC or letter in _EXTENSION for letter in text)
    encoding = GSM if is_gsm else UCS
    sizes = [_size(letter, is_gsm) for letter in text]
    units = sum(sizes)
    if units <= ALONE[encoding]:
        return Length(encoding, units, 1 if units else 0, ALONE[encoding] - units)
    parts, room = 1, EACH[encoding]
    for size in sizes:
        if size > room:
            parts, room = parts + 1, EACH[encoding]
        room -= size
    return Length(encoding, units, parts, room)


def _size(letter: str, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if letter in _EXTENSION else 1
    return 2 if ord(letter) > 0xFFFF else 1
