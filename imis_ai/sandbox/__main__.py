"""`python -m imis_ai.sandbox`: serve the synthetic association."""

import argparse
import sys
import time

from imis_ai.sandbox.server import Server, site
from imis_ai.sandbox.store import Options


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m imis_ai.sandbox", description="A stand-in iMIS with a synthetic association."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument(
        "--members", type=int, default=5000, help="member records, current and former, up to 200000"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--today", default="", help="YYYY-MM-DD; the data end the day before (default: today in Chicago)"
    )
    parser.add_argument("--token-seconds", type=int, default=1199)
    return parser.parse_args()


def main() -> int:
    given = arguments()
    began = time.monotonic()
    app = site(
        Options(members=given.members, seed=given.seed, today=given.today, token_seconds=given.token_seconds)
    )
    rows = sum(len(table) for table in app.store.tables.values())
    server = Server((given.host, given.port), app)
    sys.stderr.write(
        f"Alder Institute: {rows:,} rows in {time.monotonic() - began:.1f} s, http://{given.host}:{server.server_address[1]}/\n"
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
