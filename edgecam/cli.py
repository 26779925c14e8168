"""The command ``edgecam``: run a node, check its configuration, ask a running one for a link.

Exit codes: 0 fine, 1 it can't run here, 2 the configuration or the command is wrong, 3 all places
are taken, 130 interrupted before it ran.
"""

import argparse
import asyncio
import faulthandler
import gc
import json
import logging
import os
import resource
import signal
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path

from edgecam import __version__, app, cert, console, control, devices, doctor, smoke
from edgecam.config import Config, dump, table
from edgecam.errors import ConfigError, EdgecamError, NoPlace, StartError
from edgecam.ground import claimed, prepare
from edgecam.loading import load
from edgecam.service import journal
from edgecam.service.notify import Notifier
from edgecam.service.reboots import Reboots
from edgecam.service.restarts import Restarts
from edgecam.service.supervisor import Supervisor

STOP_DEADLINE = 4.9
MOST_FILES = 65_536
RESTARTS, REBOOTS = "restarts.json", "reboots.json"


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.do(options) or 0)
    except ConfigError as error:
        for problem in error.problems:
            print(f"edgecam: {problem}", file=sys.stderr)
        return 2
    except NoPlace as error:
        print(f"edgecam: {error}", file=sys.stderr)
        return 3
    except EdgecamError as error:
        print(f"edgecam: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("edgecam", description="A camera node for the browser.")
    parser.add_argument("--version", action="version", version=f"edgecam {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; all is optional")
    for name, do, text in (
        ("run", _run, "run the node: camera, page and signaling"),
        ("serve", _serve, "run the page and its signaling server alone, for callers elsewhere"),
        ("check", _check, "check the configuration and print everything wrong with it"),
        ("devices", _devices, "list cameras, microphones, loudspeakers and encoders"),
        ("doctor", _doctor, "look for what keeps this device from being a good camera"),
    ):
        commands.add_parser(name, parents=[shared], help=text).set_defaults(do=do)
    asked = commands.add_parser("status", parents=[shared], help="ask the running node how it is")
    asked.add_argument("--json", action="store_true", help="for programs")
    asked.set_defaults(do=_status)
    trial = commands.add_parser(
        "smoke", parents=[shared], help="call the running node as a viewer, until a picture comes"
    )
    trial.add_argument("--json", action="store_true", help="for programs")
    trial.add_argument(
        "--within",
        type=float,
        default=smoke.WITHIN,
        metavar="SECONDS",
        help="how long to wait for it (%(default)g)",
    )
    trial.set_defaults(do=_smoke)
    show = commands.add_parser("config", parents=[shared], help="print the configuration in force")
    show.add_argument("--changed", action="store_true", help="only what differs from a default")
    show.add_argument("--table", action="store_true", help="every option, as Markdown")
    show.set_defaults(do=_show)
    caller = commands.add_parser("caller", help="other cameras that may call at this node")
    what = caller.add_subparsers(required=True, metavar="WHAT")
    for name, do, text in (
        ("add", _caller_add, "let one more call: prints its token, once, on standard output"),
        ("revoke", _caller_revoke, "let one call no more, and close its connections"),
    ):
        one = what.add_parser(name, parents=[shared], help=text)
        one.add_argument("name", metavar="NAME", help="what viewers see it as")
        one.set_defaults(do=do)
    known = what.add_parser("list", parents=[shared], help="name, state, day added and camera ID")
    known.set_defaults(do=_caller_list)
    console.add_to(commands, shared)
    cert.add_to(commands, shared)
    return parser


def _run(options: argparse.Namespace) -> None:
    _live(load(options.config), options.config, camera=True)


def _serve(options: argparse.Namespace) -> None:
    config = load(options.config)
    if config.signaling.url:
        raise StartError("edgecam serve has a page of its own: leave signaling.url empty")
    _live(config, options.config, camera=False)


def _check(options: argparse.Namespace) -> None:
    load(options.config)
    print("the configuration is good")


def _show(options: argparse.Namespace) -> None:
    if options.table:
        print(table())
    else:
        print(dump(load(options.config), changed=options.changed), end="")


def _status(options: argparse.Namespace) -> None:
    config = load(options.config)
    print(json.dumps(control.report(config)) if options.json else control.status(config))


def _devices(options: argparse.Namespace) -> None:
    load(options.config)
    print("\n".join(devices.listed()))


def _doctor(options: argparse.Namespace) -> int:
    config = load(options.config)
    return 0 if doctor.told(doctor.examined(config), partial(print, flush=True)) else 1


def _smoke(options: argparse.Namespace) -> None:
    seen = smoke.smoke(load(options.config), options.within)
    print(json.dumps(smoke.as_fields(seen)) if options.json else smoke.told(seen))


def _caller_add(options: argparse.Namespace) -> None:
    made = control.add_caller(load(options.config), options.name)
    _tell(f"{made.name!r} may call now. Its token, which can't be shown again:")
    print(made.token, flush=True)
    urls = [url for url in made.urls if "//localhost:" not in url]
    first, *others = urls or made.urls
    _tell("\nAnother edgecam needs that in a file for its user only, and in its configuration:\n")
    _tell("[signaling]", *(f"# or {json.dumps(url)}" for url in others))
    _tell(f"url = {json.dumps(first)}\npin = {json.dumps(made.pin)}")
    _tell('token_file = "/etc/edgecam/caller.token"  # wherever it is there')


def _caller_list(options: argparse.Namespace) -> None:
    for it in control.callers(load(options.config)):
        print(f"{it.name}\t{it.state}\t{it.created}\t{it.camera}")


def _caller_revoke(options: argparse.Namespace) -> None:
    name = control.revoke_caller(load(options.config), options.name)
    _tell(f"{name!r} may call no more")


def _tell(*lines: str) -> None:
    """For people; what programs use goes to standard output."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def _live(config: Config, path: Path | None, *, camera: bool) -> None:
    journal.set_up()
    journal.set_level(config.log.level)
    _allow_many_connections()
    with claimed(config):
        _live_alone(config, path, camera=camera)


def _live_alone(config: Config, path: Path | None, *, camera: bool) -> None:
    ground = prepare(config)

    async def life() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        reboots = None
        if config.camera.reboot == "on":
            reboots = Reboots(ground.state / REBOOTS, control.SERVICE_FOLDER / "reboot")
        restarts = Restarts(ground.state / RESTARTS, reboots=reboots)
        supervisor = Supervisor(notifier, path, config, journal.set_level, restarts)

        def announce(announcement: app.Announcement | None) -> None:
            _announce(announcement)
            supervisor.ready()

        def asked(number: signal.Signals) -> None:
            logging.getLogger("edgecam").info("stopping, as %s asks", number.name)
            stop.set()
            supervisor.stopping()
            _at_the_latest(STOP_DEADLINE)
            # A second one is not caught: it ends the process as it always did.
            loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked, number)
        # A terminal that is closed ends what runs in it, as it always did.
        if not os.isatty(0):
            loop.add_signal_handler(signal.SIGHUP, supervisor.reload)
        operator = app.Operator(announce, supervisor.run)
        await app.run(config, ground, stop, operator, camera=camera)

    # What was imported stays: to look through all of it for garbage holds up pictures.
    gc.freeze()
    with (
        closing(Notifier.of()) as notifier,
        asyncio.Runner(loop_factory=lambda: app.event_loop(config)) as runner,
    ):
        if notifier.watchdog:
            # Says where each thread hangs when the watchdog ends the process.
            faulthandler.enable(sys.stderr.fileno())
        runner.run(life())


def _at_the_latest(seconds: float) -> None:
    """End the process then, whatever still waits for a name server or a device."""

    def end() -> None:
        logging.getLogger("edgecam").error("not everything stopped within %g s", seconds)
        os._exit(1)

    last_resort = threading.Timer(seconds, end)
    last_resort.daemon = True
    last_resort.start()


def _allow_many_connections() -> None:
    """Let strangers' idle connections not use up what cameras and viewers need."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _announce(announcement: app.Announcement | None) -> None:
    logger = logging.getLogger("edgecam")
    if announcement is None:
        print("edgecam runs and calls at the signaling server elsewhere", flush=True)
        return
    if journal.is_journal(sys.stdout.fileno()):
        # What is a key is not for a log.
        logger.info("ready at %s; edgecam link gives a link to get in", announcement.addresses[0])
        logger.info("its CA certificate's SHA-256: %s", announcement.fingerprint)
        if announcement.trust:
            logger.info("to trust it on a phone or computer: %s", announcement.trust)
        if announcement.set_up_code:
            # The one secret that is logged: it makes the first account, once, within an hour.
            text = "nobody has an account yet; the set-up code, good for an hour: %s"
            logger.warning(text, announcement.set_up_code)
        return
    print(f"\nedgecam {__version__} is ready. To get in, open one of these, once, within an hour:")
    for link in announcement.links:
        print(f"  {link}")
    print(f"Later the address alone will do: {announcement.addresses[0]}")
    if announcement.set_up_code:
        print(f"Or make an account there, with the set-up code: {announcement.set_up_code}")
    if announcement.trust:
        print(f"To trust it on a phone or computer: {announcement.trust}")
    print(f"Its CA certificate's SHA-256: {announcement.fingerprint}\n", flush=True)
