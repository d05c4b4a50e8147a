"""The embedded servers: started by many at once, killed, stopped, in odd places, by any user."""

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from imis_ai import embedded

ROOT = Path(__file__).resolve().parents[1]
START = "import sys; from pathlib import Path; from imis_ai import embedded; v = Path(sys.argv[1]); "
BOTH = START + "print(embedded.postgres_url(v)); print(embedded.redis_url(v))"
pytestmark = pytest.mark.slow


@pytest.fixture
def var(tmp_path):
    folder = tmp_path / "var"
    yield folder
    embedded.stop(folder)


def start(var, **options):
    program = [sys.executable, "-c", BOTH, str(var)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=100, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def query(var, sql):
    folder = embedded._socket_dir(var)
    with psycopg.connect(host=str(folder), user="postgres", dbname="imis_ai", autocommit=True) as link:
        answer = link.execute(sql)
        return answer.fetchone()[0] if answer.description else None


def servers(var):
    """Every process whose working directory or socket is in `var`."""
    found = []
    for process in psutil.process_iter(["name", "cwd", "cmdline"]):
        told = f"{process.info['cwd']} {' '.join(process.info['cmdline'] or [])}"
        if process.info["name"] in ("postgres", "redis-server", "valkey-server") and str(var) in told:
            found.append(process)
    return found


def kill_everything(var):
    killed = servers(var)
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=10)


def leaders(var):
    ours = {process.pid for process in servers(var)}
    return [process for process in servers(var) if process.ppid() not in ours]


def test_four_at_once_start_one_of_each(var):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: start(var), range(4)))

    assert len(set(answers)) == 1
    assert sorted(process.name()[:5] for process in leaders(var)) == ["postg", "redis"]
    assert query(var, "SELECT count(*) FROM pg_database WHERE datname = 'imis_ai'") == 1


def test_after_a_kill_of_everything_they_start_again_with_their_data(var):
    start(var)
    query(var, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    kill_everything(var)

    start(var)

    assert query(var, "SELECT count(*) FROM kept") == 1000


def test_a_pid_file_that_names_a_stranger_stops_nobody_and_nothing(var):
    start(var)
    kill_everything(var)
    pid_file = var / "postgres" / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(pid_file.read_text().split()[0], str(os.getpid()), 1))

    stopped = embedded.stop(var)
    start(var)

    assert stopped == []
    assert query(var, "SELECT 1") == 1


def test_stopping_ends_both_and_keeps_the_data(var):
    start(var)
    query(var, "CREATE TABLE kept (n int)")

    stopped = embedded.stop(var)
    left = servers(var)
    start(var)

    assert stopped == ["PostgreSQL", "Redis"]
    assert left == []
    assert query(var, "SELECT count(*) FROM kept") == 0


def test_a_creation_that_was_killed_leaves_nothing_half_made(var):
    half = var / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    start(var)

    assert query(var, "SELECT 1") == 1
    assert not half.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path):
    var = tmp_path / ("a-rather-long-folder-name" * 6)
    try:
        start(var)

        assert query(var, "SELECT 1") == 1
        assert len(str(embedded._socket_dir(var))) < 60
    finally:
        embedded.stop(var)
        shutil.rmtree(embedded._socket_dir(var))


def test_no_other_user_reaches_the_sockets(var):
    start(var)

    assert stat.S_IMODE(embedded._socket_dir(var).stat().st_mode) == 0o700


def nobody(*arguments, **environment):
    """Run as a normal user; where the tests' interpreter lies in root's home, the system's own serves."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            return subprocess.run(
                [python, *arguments],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=100,
                user="nobody",
                group="nogroup",
                extra_groups=[],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_paths()["purelib"]}
                | environment,
            )
        except (PermissionError, FileNotFoundError):
            continue
    pytest.skip("no Python that a normal user of this machine may run")


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as a normal user already")
def test_a_normal_user_needs_no_rights():
    folder = Path("/tmp") / f"imis_ai-nobody-{os.getpid()}"  # noqa: S108
    folder.mkdir()
    shutil.chown(folder, "nobody")
    try:
        done = nobody("-c", BOTH, str(folder / "var"), HOME=str(folder))

        assert done.returncode == 0, done.stderr
        assert {process.username() for process in servers(folder)} == {"nobody"}
        assert embedded.stop(folder / "var") == ["PostgreSQL", "Redis"]
    finally:
        embedded.stop(folder / "var")
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a folder of somebody else's")
def test_a_folder_of_somebody_else_is_named(tmp_path):
    (tmp_path / "var" / "run").mkdir(parents=True)
    tmp_path.chmod(0o755)
    folder = next(parent for parent in tmp_path.parents if parent.parent == Path("/tmp"))  # noqa: S108
    folder.chmod(0o755)

    done = nobody("-c", BOTH, str(tmp_path / "var"))

    assert done.returncode != 0
    assert "belongs to another user. Give it to yourself, or set IMIS_AI_VAR" in done.stderr
