"""The command ``edgecam cert``: the certificate of the page, and the CA that people trust."""

import argparse
import sys
from typing import Any

from edgecam import control
from edgecam.errors import CommandError
from edgecam.loading import load
from edgecam.web.trust.handouts import handouts

FORMS = {"pem": "/edgecam.pem", "der": "/edgecam.crt", "mobileconfig": "/edgecam.mobileconfig"}


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Have ``commands`` know these: ``cert show``, ``export`` and ``renew``."""
    group = commands.add_parser("cert", help="the page's certificate, and the CA behind it")
    what = group.add_subparsers(required=True, metavar="WHAT")
    show = what.add_parser("show", parents=[shared], help="fingerprint, names, end")
    show.set_defaults(do=_show)
    export = what.add_parser(
        "export", parents=[shared], help="write the CA's certificate to standard output"
    )
    export.add_argument(
        "--as",
        dest="form",
        choices=FORMS,
        default="pem",
        metavar="FORM",
        help="pem; der, for Android and Windows; mobileconfig, for iOS and macOS (%(default)s)",
    )
    export.set_defaults(do=_export)
    renew = what.add_parser("renew", parents=[shared], help="make a new certificate now")
    renew.add_argument(
        "--ca", action="store_true", help="also a new CA: every device has to trust it anew"
    )
    renew.set_defaults(do=_renew)


def _show(options: argparse.Namespace) -> None:
    _print(control.certificate_facts(load(options.config)))


def _export(options: argparse.Namespace) -> None:
    told = control.certificate_facts(load(options.config))
    if not told["local"]:
        raise CommandError("web.certificate is not edgecam's: its maker has what vouches for it")
    sys.stdout.buffer.write(handouts(told["ca"].encode())[FORMS[options.form]].body)
    sys.stdout.buffer.flush()


def _renew(options: argparse.Namespace) -> None:
    told = control.renew_certificate(load(options.config), authority=options.ca)
    if options.ca:
        print("A new CA: every device has to trust it anew, and the old one no more", flush=True)
    _print(told)


def _print(told: dict[str, Any]) -> None:
    whose = "CA's" if told["local"] else "certificate's"
    print(f"{whose} SHA-256: {told['fingerprint']}")
    print(f"its names: {', '.join(told['names']) or 'none'}")
    if told["uncovered"]:
        print(f"not good for: {', '.join(told['uncovered'])}")
    print(f"good until: {told['expires']}")
    print(f"its key: {told['pin']}")
    if told.get("trust"):
        print(f"to trust it: {told['trust']}")
    if told["trouble"]:
        print(f"edgecam: {told['trouble']}", file=sys.stderr)
