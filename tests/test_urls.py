"""Where the page is said to be: where its certificate is good, and nowhere else."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgecam.hostname import is_lan_name
from edgecam.web.authority import Names
from edgecam.web.certificates import CertificateStore, Leaf
from edgecam.web.urls import page_hosts, page_urls

PUBLIC, PRIVATE = "2606:4700::7", "192.168.7.20"
NAMES = Names("porch-cam", (PUBLIC, PRIVATE, "fd00::20"))
SECOND = replace(NAMES, lan="porch-cam-2.local")


def leaf_for(folder: Path, *names: Names) -> Leaf:
    """What a node has that was called so, one after the other."""
    store = CertificateStore(folder)
    return [store.ensure(each) for each in names][-1]


def test_a_public_address_is_left_out(tmp_path: Path) -> None:
    """No CA of ours may vouch for it."""
    hosts = page_hosts("", NAMES, leaf_for(tmp_path, NAMES))
    assert hosts == ["porch-cam.local", PRIVATE, "fd00::20", "localhost"]
    assert page_urls(hosts, 8443)[2] == "https://[fd00::20]:8443/"
    assert page_urls(hosts, 80, "http")[0] == "http://porch-cam.local/"


def test_a_name_that_another_host_has(tmp_path: Path) -> None:
    """At the first start it is the one that avahi found; later, only if the CA is made anew."""
    at_first = leaf_for(tmp_path / "new", SECOND)
    assert page_hosts("", SECOND, at_first)[0] == "porch-cam-2.local"
    assert "porch-cam.local" not in at_first.names
    renamed = leaf_for(tmp_path / "old", NAMES, SECOND)
    assert page_hosts("", SECOND, renamed) == [PRIVATE, "fd00::20", "localhost"]
    assert "porch-cam-2.local" in renamed.uncovered
    assert "porch-cam.local" not in renamed.names


def test_a_host_name_that_is_none(tmp_path: Path) -> None:
    """What no certificate can name is no address either."""
    for odd in ("Ana's câmera", "_", "-x-", "x" * 64):
        names = Names(odd, (PRIVATE,))
        assert page_hosts("", names, leaf_for(tmp_path, names)) == [PRIVATE, "localhost"]


def test_one_address_alone(tmp_path: Path) -> None:
    """Where it listens, though browsers warn: there is nothing else to say."""
    leaf = leaf_for(tmp_path, NAMES)
    assert page_hosts(PUBLIC, NAMES, leaf) == [PUBLIC]
    assert page_hosts("127.0.0.1", NAMES, leaf) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("covered", "hosts"),
    [
        (("cam.example.org", "*.example.org"), ["cam.example.org", "localhost"]),
        (("porch-cam.local", PRIVATE), ["porch-cam.local", PRIVATE, "localhost"]),
        ((), ["localhost"]),
    ],
)
def test_a_certificate_of_ones_own(covered: tuple[str, ...], hosts: list[str]) -> None:
    """Its names are those that somebody has thought of."""
    file, ends = Path("own.pem"), datetime(2030, 1, 1, tzinfo=UTC)
    leaf = Leaf(file, file, file, "", "", ends, False, False, names=covered, local=False)
    assert page_hosts("", NAMES, leaf) == hosts


def test_names_on_the_lan() -> None:
    """What avahi may say, and what it is not believed."""
    assert is_lan_name("porch-cam-2.local")
    for other in ("porch-cam.lan", ".local", "local", "", "a.b.local"):
        assert not is_lan_name(other)
