"""What is wrong with an archive, one sentence per problem with file, line and column."""

from dataclasses import dataclass, field

MOST_SHOWN = 20


@dataclass
class Problems:
    """Collects; keeps the first 20 sentences and counts the rest."""

    shown: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, text: str, *, line: int = 0, column: str = "") -> None:
        self.count += 1
        if len(self.shown) < MOST_SHOWN:
            place = ", ".join([file, *([f"line {line}"] if line else []), *([column] if column else [])])
            self.shown.append(f"{place}: {text}")

    def sentences(self) -> list[str]:
        more = self.count - len(self.shown)
        return [*self.shown, f"and {more:,} more problems"] if more else list(self.shown)


class BadArchive(Exception):
    """The archive can't be loaded; nothing was changed. `sentences`: at most 20 problems and a count."""

    def __init__(self, problems: Problems) -> None:
        self.sentences = problems.sentences()
        self.count = problems.count
        super().__init__("\n".join(self.sentences))
