"""`manage.py up`: everything on this machine in one process tree. The order of starting and stopping is decided here.

Standard library only; Django runs in the children, so that the supervisor stays small and cannot fail with them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from covdash.env import ConfigurationError
from covdash.runner import account, ground, keys, leftovers, postgres, prepared, processes, strays, valkey
from covdash.runner.home import Home, from_environment
from covdash.runner.output import Output
from covdash.runner.program import NotReadyError, Program
from covdash.runner.supervisor import StopRequested, Supervisor

Ready = Callable[[], bool]
STOP_ORDER = (("prepare", "demo", "beat", "web", "worker"), ("valkey",), ("postgres",))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `up`."""
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on (8000); 0 takes any free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--data", metavar="DIR", help="data home; the same as COVDASH_HOME")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.add_argument(
        "--demo", action="store_true", help="fill it with demo projects, through the upload API"
    )


def main(argv: Sequence[str]) -> int:
    """Run until Ctrl-C or SIGTERM; return the exit status."""
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run all of covdash on this machine.")
    arguments(parser)
    options = parser.parse_args(argv)
    if options.data:
        os.environ["COVDASH_HOME"] = options.data
    home = from_environment()
    os.environ["COVDASH_HOME"] = str(home.root)
    # Whoever started us may have blocked or ignored signals; a service that cannot be stopped helps nobody.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        runner = account.for_servers()
        ground.settle(home, runner)
        listener = ground.listen(options.host, options.port)
        os.environ["COVDASH_URL"] = url = ground.url(options.host, listener.getsockname()[1])
        held = leftovers.lock(home, url)
    except (ground.GroundError, leftovers.HomeTakenError, LookupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    tree = Tree(home, runner, Output(home.logs))
    with held, listener:
        return tree.run(listener.fileno(), lambda: ground.web_answers(listener), url, options)


class Tree:
    """The processes of one `up`."""

    def __init__(self, home: Home, runner: account.Account | None, output: Output) -> None:
        """Prepare to supervise; nothing is started yet."""
        self.home = home
        self.account = runner
        self.output = output
        self.supervisor = Supervisor(output, self._noted)

    def _noted(self, name: str, pid: int | None) -> None:
        with suppress(OSError):  # a full disk must not end what runs
            if pid is None:
                leftovers.forget(self.home, name)
            else:
                leftovers.remember(self.home, name, pid)

    def run(self, listener: int, web_answers: Ready, url: str, options: argparse.Namespace) -> int:
        """Start everything, watch, stop everything. Returns the exit status."""
        started = time.monotonic()
        try:
            for name in leftovers.end_all(self.home):
                self.output.say(f"{name} was left running by an `up` that crashed; it has been stopped.")
            keys.ensure(self.home)
            # Beside us, commands find the address here even before everything is ready.
            self.home.address.write_text(url + "\n", encoding="utf-8")
            now = prepared.fingerprint()
            with self._preparation() as prepare:
                self._start_stores()
                if prepared.is_current(self.home, now):
                    self._start_web(listener, web_answers)
                    news = prepare()
                else:
                    news = prepare()
                    prepared.note(self.home, now)
                    self._start_web(listener, web_answers)
            for name, command in (("worker", processes.worker()), ("beat", processes.beat())):
                self.supervisor.start_soon(self._own(name, command))
            self._greet(url, news, time.monotonic() - started)
            if options.demo:
                demo = (sys.executable, str(processes.ROOT / "manage.py"), "load_demo", "--url", url)
                self.supervisor.start_soon(self._own("demo", demo, restart=False))
            if not options.no_browser:
                _open_browser(url)
            self.supervisor.watch()
        except StopRequested:
            pass
        except (
            NotReadyError,
            postgres.PostgresError,
            valkey.ValkeyError,
            ConfigurationError,
            OSError,
        ) as error:
            self.output.say(f"{error}. What was said before is in {self.home.logs}.")
            return 1
        finally:
            self.output.show("")
            self.output.say("stopping ...")
            self.supervisor.stop(STOP_ORDER)
            self.output.say("stopped.")
        return 0

    def _start_stores(self) -> None:
        server = None
        if "DATABASE_URL" not in os.environ and "DATABASE_URL_FILE" not in os.environ:
            folder = postgres.prepare(self.home, self.account)
            self.supervisor.start_soon(postgres.program(self.home, self.account, folder))
            server = folder
        if "REDIS_URL" not in os.environ and "REDIS_URL_FILE" not in os.environ:
            program = valkey.program(self.home, self.account, valkey.prepare(self.home, self.account))
            try:
                self.supervisor.start(program, seconds=60)
            except NotReadyError:
                if not (done := program.mend()):
                    raise
                self.output.say(done)
                self.supervisor.start(program, seconds=60)
        if server is not None:
            # Recovery after a crash may take a while.
            self.supervisor.await_ready(["postgres"], seconds=300)
            postgres.create_database(self.home, server)

    @contextmanager
    def _preparation(self) -> Iterator[Callable[[], dict[str, str]]]:
        """Start `prepare`, which collects the static files while the stores are still starting.

        Yields what lets it go on to the database, waits for its end and returns what the first start has to say.
        """
        read, write = os.pipe()
        wait, go = os.pipe()
        command = (
            sys.executable, str(processes.ROOT / "manage.py"), "prepare", "--after", str(wait), "--answer", str(write),
        )  # fmt: skip
        with open(read, encoding="utf-8") as answer, open(go, "wb", buffering=0) as stores:  # noqa: PTH123 - descriptors
            try:
                self.supervisor.start_soon(self._own("prepare", command, fds=(wait, write), restart=False))
            finally:
                os.close(write)
                os.close(wait)

            def finish() -> dict[str, str]:
                with suppress(BrokenPipeError):  # it ended early; its status says so
                    stores.write(b"\n")
                if self.supervisor.finish("prepare", seconds=900):
                    raise NotReadyError("The database and the files could not be prepared (see above)")
                said: dict[str, str] = json.loads(answer.read() or "{}")
                return said

            yield finish

    def _start_web(self, listener: int, web_answers: Ready) -> None:
        self.supervisor.start(
            self._own("web", processes.web(f"fd://{listener}"), fds=(listener,), ready=web_answers),
            seconds=60,
        )

    def _own(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        fds: tuple[int, ...] = (),
        ready: Ready | None = None,
        restart: bool = True,
    ) -> Program:
        long_lived = name in {"web", "worker", "beat"}
        return Program(
            name=name,
            argv=argv,
            environment=processes.environment(name if long_lived else "command"),
            pass_fds=fds,
            folder=str(processes.ROOT),
            reloadable=long_lived,
            restart=restart,
            ready=ready or (lambda: True),
        )

    def _greet(self, url: str, news: dict[str, str], seconds: float) -> None:
        self.output.say(
            f"covdash is ready at {url} after {seconds:.1f} s; its data are in {self.home.root}. Ctrl-C stops it."
        )
        if "password" in news:
            self.output.show(
                f"\n  First start. Sign in at {url}/login as {news['username']} with the password {news['password']}\n"
                "  It is shown only now; change it after signing in."
            )
        if "token" in news:
            self.output.show(
                f"\n  Send a first report to the project {news['project']}, from a git checkout with a coverage file:\n\n"
                f"    curl -f {url}/api/v1/uploads -H 'Authorization: Bearer {news['token']}' \\\n"
                '      -F commit="$(git rev-parse HEAD)" -F branch="$(git branch --show-current)" -F report=@coverage.xml\n'
            )


def _open_browser(url: str) -> None:
    """Open the dashboard where there is a screen; a text browser in this terminal would only be in the way."""
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    screen = sys.platform == "darwin" or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    found = shutil.which(opener)
    if not screen or found is None or not sys.stdout.isatty():
        return
    name, _, value = strays.BYSTANDER.partition("=")
    quiet: int | IO[bytes] = subprocess.DEVNULL
    subprocess.Popen(  # noqa: S603 - our own address
        [found, url],
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        env={**os.environ, name: value},
        start_new_session=True,
    )
