"""Text as a reader's eye takes it: look-alike letters, hidden characters and spaced words undone. Pure."""

import re
import unicodedata

_LOOKALIKES = str.maketrans(
    "авеӏіјкмнорсԁѕтухԛԝһαβεικνορτυχνγωηµ",
    "abeiijkmhopcdstyxqwhabeikvoptuxvywnu",
)
_BETWEEN = re.compile(r"(?<=[a-z])[!|](?=[a-z])")
_STARS = re.compile(r"(?<=[a-z])[*_~`^·•](?=[a-z])")
_SPACED = re.compile(r"\b(?:[a-z][ .\-_·•*]){2,}[a-z]\b")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LATIN = ((0x41, 0x24F), (0x1E00, 0x1EFF))
_REFUSED = {"Cf", "Cc", "Co", "Cn", "Cs"}


def skeleton(text: str) -> str:
    """Lower case without accents, hidden characters and tricks, for looking words up; never for showing."""
    flat = unicodedata.normalize("NFKD", text).casefold()
    flat = "".join(
        letter
        for letter in flat
        if unicodedata.category(letter) not in ("Mn", "Me", "Cf") and letter not in _INVISIBLE
    )
    flat = flat.translate(_LOOKALIKES).replace("\u2019", "'").replace("\u2018", "'")
    flat = re.sub(r"[\u2010-\u2015\u2212]", "-", flat)
    flat = _STARS.sub("", _BETWEEN.sub("i", flat))
    return _SPACED.sub(lambda found: re.sub(r"[^a-z]", "", found[0]), flat)


def unusual(text: str, also: str = "") -> list[str]:
    """Characters that hide or imitate: those of no script that the approved words or facts use."""
    scripts = {script(letter) for letter in also if letter.isalpha()}
    return [letter for letter in dict.fromkeys(text) if _is_unusual(letter, scripts)]


def script(letter: str) -> str:
    """LATIN, CYRILLIC, GREEK … by the character's name."""
    return unicodedata.name(letter, "UNKNOWN").split()[0]


def is_numeric(letter: str) -> bool:
    """Any digit, fraction or numeral of any script."""
    return unicodedata.numeric(letter, None) is not None


def _is_unusual(letter: str, scripts: set[str]) -> bool:
    if letter in "\n\t":
        return False
    if letter in _INVISIBLE or unicodedata.category(letter) in _REFUSED:
        return True
    if not letter.isalpha():
        return False
    if any(low <= ord(letter) <= high for low, high in _LATIN):
        return False
    return script(letter) not in scripts - {"LATIN"}
