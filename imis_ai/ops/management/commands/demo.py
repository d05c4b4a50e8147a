"""From nothing to a list of members at risk, in one command."""

import fcntl
import os
import sys
import time
from contextlib import suppress
from typing import Any, TextIO

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Console

from imis_ai import embedded
from imis_ai.jobs import actions, queries, registry, terminal
from imis_ai.ops import demo, environment, launch, people, processes

REFUSED, UNREACHABLE = 3, 4


class Command(BaseCommand):
    help = "Start the product on a synthetic association. Ctrl-C stops everything and keeps the data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--members", type=int, default=demo.MEMBERS, help="of the synthetic association")
        parser.add_argument("--sandbox-port", type=int, help="set by the command itself")
        parser.add_argument("--prepare-only", action="store_true", help="stop when the list is ready")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(stderr=True, highlight=False)
        if options["sandbox_port"] is None or not settings.DEMO:
            launch.become_demo(sys.argv[2:])
        lock = self._only_one()
        try:
            with suppress(KeyboardInterrupt), processes.stoppable():
                self._run(options)
            self.console.print("Stopping …")
        except (demo.Stuck, demo.NotOurs, people.BadPerson) as problem:
            self.console.print(f"[red]{problem}[/]")
            sys.exit(REFUSED if isinstance(problem, demo.NotOurs) else UNREACHABLE)
        finally:
            self._stop_servers()
            lock.close()

    def _run(self, options: dict) -> None:
        began = time.monotonic()
        logs = settings.VAR_DIR / "logs"
        with processes.Supervisor(logs=logs, say=self.console.print) as group:
            self._say("Database")
            if environment.pending_migrations():
                call_command("migrate", verbosity=0)
            demo.refuse_real_data()
            self._start_sandbox(group, options["sandbox_port"], options["members"])
            if new := demo.prepare_imis():
                self._say(f"{new} objects for suggestions in iMIS")
            demo.open_areas(timezone.now())
            self._prepare(demo.to_do())
            demo.make_logins()
            demo.approve_texts(timezone.now())
            demo.plan_gifts(timezone.now())
            demo.plan_campaign(timezone.now())
            demo.name_competitor(timezone.now())
            self._prepare(demo.to_do(demo.LAST))
            self._prepare(demo.to_do(demo.DRAFTS))
            if demo.is_behind(timezone.localdate()):  # begun on another day: catch up in the background
                actions.request(name="ops.nightly", by=None, now=timezone.now())
            if options["prepare_only"]:
                return
            port = self._start_product(group, options["port"])
            self._welcome(port, time.monotonic() - began)
            group.watch()

    def _start_sandbox(self, group: processes.Supervisor, port: int, members: int) -> None:
        with self.console.status(f"Sandbox iMIS on port {port} …"):
            kind = demo.sandbox(port, members)
            group.start(kind)
            demo.wait_until_answers(
                f"http://127.0.0.1:{port}/_sandbox/now",
                is_alive=lambda: group.is_alive(kind.name),
                log=group.log_of(kind.name),
            )
        self._say(f"Sandbox iMIS with {members:,} members on port {port}")

    def _prepare(self, steps: list[demo.Step]) -> None:
        for step in steps:
            title = queries.title(step.job)
            self.console.print(f"[bold]{title}[/]")
            began = time.monotonic()
            try:
                terminal.run(name=step.job, args=step.args, now=timezone.now())
            except registry.find(step.job).refusals as problem:
                raise demo.Stuck(f"{title}: {problem}") from None
            self._say(f"{title} ({time.monotonic() - began:.0f} s)")

    def _start_product(self, group: processes.Supervisor, wanted: int) -> int:
        port = launch.free_port(wanted)
        if port != wanted:
            self.console.print(f"Port {wanted} is in use; taking {port}.")
        with self.console.status("Web application, worker, dispatcher and schedule …"):
            group.start(processes.web(f"127.0.0.1:{port}"))
            demo.wait_until_answers(
                f"http://127.0.0.1:{port}/healthz",
                is_alive=lambda: group.is_alive("web"),
                log=group.log_of("web"),
            )
        group.start(processes.worker(concurrency=1))
        group.start(processes.quick_worker())
        group.start(processes.dispatcher())
        group.start(processes.beat())
        return port

    def _welcome(self, port: int, seconds: float) -> None:
        say = self.console.print
        say(f"\n[bold green]imis_ai is running at http://127.0.0.1:{port}/[/] after {seconds:.0f} s\n")
        say(f"Sign in with the password [bold]{demo.password()}[/] as")
        for login in demo.LOGINS:
            role = people.role_word(login.role)
            say(f"  [bold]{login.username:<7}[/] {role:<19} {login.sees}")
        say("\nCtrl-C stops everything; the next start keeps the data.\n")

    def _only_one(self) -> TextIO:
        lock = (settings.VAR_DIR / "demo.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.console.print("The demo runs already. Stop that one first (Ctrl-C there, or make stop).")
            sys.exit(REFUSED)
        lock.truncate(0)
        lock.write(str(os.getpid()))  # for make stop
        lock.flush()
        return lock

    def _stop_servers(self) -> None:
        """The embedded servers too, unless somebody else works with them."""
        if settings.EMBEDDED_DATABASE and environment.other_clients():
            self.console.print(
                "PostgreSQL and Redis stay up: another program uses them (make stop ends them)."
            )
            return
        with suppress(embedded.ServiceFailed, psycopg.Error):
            embedded.stop(settings.VAR_DIR)

    def _say(self, line: str) -> None:
        self.console.print(f"[green]✓[/] {line}")
