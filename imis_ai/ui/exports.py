"""Lists as CSV files that a spreadsheet opens without executing anything."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.http import StreamingHttpResponse

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
DANGEROUS = frozenset("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001  full-width, too


class _Echo:
    def write(self, text: str) -> str:
        return text


def inert(cell: object) -> object:
    """Text that a spreadsheet would run gets an apostrophe; dates are ISO, numbers stay plain."""
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}"
    if isinstance(cell, int | Decimal):
        return cell
    text = str(cell)
    return f"'{text}" if text[:1] in DANGEROUS else text


def csv_file(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """UTF-8 with a byte order mark, streamed row by row."""
    writer = csv.writer(_Echo())

    def lines() -> Iterable[str]:
        yield BOM + writer.writerow(header)
        for row in rows:
            yield writer.writerow([inert(cell) for cell in row])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
