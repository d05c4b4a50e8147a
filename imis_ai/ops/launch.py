"""`python -m imis_ai.ops.launch`: becomes `manage.py demo` with the demo's settings in its environment.

Without Django, so that settings are loaded once and with the sandbox's port in them.
"""

import json
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_SANDBOX_PORT = 8100


def become_demo(arguments: list[str]) -> None:
    """Replace this process by the demo. Does not return."""
    port = free_port(remembered(var()).get("sandbox_port", FIRST_SANDBOX_PORT))
    remember(var(), sandbox_port=port)
    ours = {
        "IMIS_AI_DEMO": "1",
        "IMIS_URL": f"http://127.0.0.1:{port}",
        "IMIS_USERNAME": "imis_ai",
        "IMIS_PASSWORD": "sandbox",
        "IMIS_WRITE_USERNAME": "imis_ai",
        "IMIS_WRITE_PASSWORD": "sandbox",
        "IMIS_IS_TEST_SYSTEM": "1",
        "IMIS_REQUESTS_PER_MINUTE": "60000",
        "IMIS_QUIET_HOURS": "",
        "IMIS_MAPPING_FILE": "",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    }
    command = [sys.executable, "manage.py", "demo", *arguments, "--sandbox-port", str(port)]
    os.chdir(ROOT)
    os.execve(sys.executable, command, os.environ | ours)  # noqa: S606  our own command


def var() -> Path:
    """The folder that settings call VAR_DIR."""
    return Path(os.environ.get("IMIS_AI_VAR") or ROOT / "var").resolve()


def free_port(first: int) -> int:
    """The first free port from `first` on."""
    return next(port for port in range(first, first + 200) if is_free(port))


def is_free(port: int) -> bool:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered(folder: Path) -> dict:
    """What earlier demos in this folder left for later ones."""
    path = folder / "demo.json"
    return json.loads(path.read_text()) if path.exists() else {}


def remember(folder: Path, **facts: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").write_text(json.dumps(remembered(folder) | facts))


if __name__ == "__main__":
    try:
        become_demo(sys.argv[1:])
    except PermissionError as problem:
        sys.exit(f"{problem.filename} belongs to another user. Give it to yourself, or set IMIS_AI_VAR.")
