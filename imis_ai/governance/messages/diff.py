"""What changed between two texts, word by word. Pure."""

from difflib import SequenceMatcher


def differences(before: str, after: str) -> list[tuple[str, str]]:
    """In reading order: same, removed or added, and the words."""
    old, new = before.split(" ") if before else [], after.split(" ")
    found: list[tuple[str, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", " ".join(old[a:b])))
            continue
        if b > a:
            found.append(("removed", " ".join(old[a:b])))
        if d > c:
            found.append(("added", " ".join(new[c:d])))
    return found
