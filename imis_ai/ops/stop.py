"""`make stop`: ends a running demo and the servers in var/. Without Django, whose settings start them."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from imis_ai import embedded

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0  # seconds


def main() -> None:
    var = Path(os.environ.get("IMIS_AI_VAR", ROOT / "var")).resolve()
    stopped = [*_stop_demo(var / "demo.lock"), *embedded.stop(var)]
    sys.stderr.write(f"Stopped: {', '.join(stopped)}.\n" if stopped else "Nothing was running.\n")


def _stop_demo(lock: Path) -> list[str]:
    with suppress(OSError, ValueError, psutil.Error):
        demo = psutil.Process(int(lock.read_text()))
        if "demo" in demo.cmdline():
            demo.terminate()
            demo.wait(PATIENCE)
            return ["the demo with its servers"]
    return []


if __name__ == "__main__":
    main()
