"""`python -m imis_ai.sandbox`: serve the synthetic association, or an archive, as iMIS would.

Log in as imis_ai, staff or reader (password: sandbox). Everything under /_sandbox/ is for tests and needs no
login.
"""

import argparse
import gc
import sys
import time
from pathlib import Path

from imis_ai.sandbox.dump import dump
from imis_ai.sandbox.server import Server, site
from imis_ai.sandbox.store import Options

MOST = 200_000


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m imis_ai.sandbox", description="A stand-in iMIS for development and tests."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8100)
    add("--members", type=int, default=5000, help=f"member records, current and former, up to {MOST:,}")
    add("--seed", type=int, default=1)
    add(
        "--today",
        default="",
        help="YYYY-MM-DD: the data end the day before, the clock starts there (default: now)",
    )
    add("--archive", default="", help="serve this folder of CSV files instead of the synthetic association")
    add(
        "--store",
        default="",
        help="keep what is written in this folder and take it up again at the next start",
    )
    add("--dump", default="", help="write the association as CSV files into this folder and end")
    add("--token-seconds", type=int, default=1199)
    add(
        "--query-cache-seconds",
        type=float,
        default=0.0,
        help="answer stored queries from a cache of this age",
    )
    add("--bare-execute", action="store_true", help="answer _execute without the envelope, as iMIS 2017 does")
    add("--merged-answer", choices=["404", "D"], default="404", help="what a merged-away contact answers")
    found = parser.parse_args(given)
    if not 1 <= found.members <= MOST:
        parser.error(f"--members: between 1 and {MOST:,}, not {found.members:,}")
    return found


def main() -> int:
    given, began = arguments(), time.monotonic()
    options = Options(**{k: v for k, v in vars(given).items() if k not in {"host", "port", "dump"}})
    try:
        app = site(options)
    except (FileNotFoundError, ValueError, KeyError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 2
    rows = sum(len(table) for table in app.store.tables.values())
    took = f"{rows:,} rows, ready in {time.monotonic() - began:.1f} s"
    if given.dump:
        counts = dump(app.store, Path(given.dump))
        sys.stderr.write(f"{took}; written: {', '.join(f'{name} {n:,}' for name, n in counts.items())}\n")
        return 0
    gc.freeze()  # the association stays: without this each page pays for walking over all of it
    gc.set_threshold(200_000, 20, 100)
    server = Server((given.host, given.port), app)
    sys.stderr.write(f"{took}: http://{given.host}:{server.server_address[1]}/ (imis_ai / sandbox)\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.hang_up()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
