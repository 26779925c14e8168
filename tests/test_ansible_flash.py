"""What is written to a card, and what is never written to; ``tests/device`` does it for real."""

import json
import tomllib
from pathlib import Path
from typing import Any

import card
import pytest
import seed
import yaml

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFoo ana@desk"
WISHES: dict[str, Any] = {
    "host": "door",
    "user": "ana",
    "ssh_keys": [f"{KEY}\n"],
    "country": "BR",
    "ssid": 'My "Net"',
    "wifi_password": "correct horse",
    "timezone": "America/Sao_Paulo",
}


def wishes(**more: Any) -> seed.Wishes:
    """Those, with some that differ."""
    return seed.Wishes.of(WISHES | more)


def test_the_key_of_a_wifi() -> None:
    """IEEE 802.11's own example (J.4.2), and a key that is one already."""
    assert seed.psk_of("IEEE", "password") == (
        "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    )
    assert seed.psk_of("IEEE", "AB" * 32) == "ab" * 32


def test_cloud_init() -> None:
    """Three files, and the identity in both places that have to agree."""
    made, more = seed.files("cloud-init", wishes())
    assert set(made) == {"meta-data", "user-data", "network-config"}
    meta = yaml.safe_load(made["meta-data"])
    assert more == f"ds=nocloud;i={meta['instance-id']}"
    assert made["user-data"].startswith("#cloud-config\n")
    user = yaml.safe_load(made["user-data"])
    assert user["hostname"] == "door"
    assert user["user"]["name"] == "ana"
    assert user["user"]["ssh_authorized_keys"] == [KEY]
    assert user["ssh_pwauth"] is False
    assert ["systemctl", "enable", "--now", "ssh"] in user["runcmd"]
    wifi = yaml.safe_load(made["network-config"])["network"]["wifis"]["wlan0"]
    assert wifi["regulatory-domain"] == "BR"
    assert wifi["access-points"]['My "Net"']["password"] == seed.psk_of('My "Net"', "correct horse")
    another, _ = seed.files("cloud-init", wishes())
    assert another["meta-data"] != made["meta-data"]


def test_custom_toml() -> None:
    """As init_config of raspberrypi-sys-mods reads it."""
    made, more = seed.files("custom.toml", wishes(hidden=True))
    assert more == ""
    told = tomllib.loads(made["custom.toml"])
    assert told["config_version"] == 1
    assert told["system"] == {"hostname": "door"}
    assert told["user"] == {"name": "ana"}
    assert told["ssh"] == {
        "enabled": True,
        "password_authentication": False,
        "authorized_keys": [KEY],
    }
    assert told["wlan"] == {
        "country": "BR",
        "ssid": 'My "Net"',
        "hidden": True,
        "password": seed.psk_of('My "Net"', "correct horse"),
        "password_encrypted": True,
    }
    assert told["locale"] == {"timezone": "America/Sao_Paulo"}


@pytest.mark.parametrize("form", ["cloud-init", "custom.toml"])
def test_a_password_is_nowhere(form: str) -> None:
    """Neither form has it, nor a Wi-Fi where there is none."""
    made, _ = seed.files(form, wishes())
    assert "correct horse" not in json.dumps(made)
    cable, _ = seed.files(form, wishes(ssid="", wifi_password="", country=""))
    assert "wlan" not in json.dumps(cable)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"host": "My Door"}, "can't be a host's name"),
        ({"host": "door-"}, "can't be a host's name"),
        ({"user": "Ana"}, "can't be a user's name"),
        ({"user": "root"}, "root is nobody to log in as"),
        ({"ssh_keys": []}, "without an SSH key"),
        ({"ssh_keys": ["-----BEGIN OPENSSH PRIVATE KEY-----"]}, "no public SSH key"),
        ({"ssh_keys": [f"{KEY}\n{KEY}"]}, "no public SSH key"),
        ({"country": "Brazil"}, "is no country"),
        ({"country": ""}, "Wi-Fi stays off until a country is named"),
        ({"ssid": "a" * 33}, "32 bytes at most"),
        ({"wifi_password": "short"}, "8 to 63 characters"),
    ],
)
def test_wishes_that_can_not_be(wrong: dict[str, Any], told: str) -> None:
    """Each in a sentence."""
    with pytest.raises(ValueError, match=told):
        wishes(**wrong)


def device(path: str, **more: Any) -> dict[str, Any]:
    """A disk as lsblk tells of it."""
    plain = {"path": path, "type": "disk", "size": 1, "rm": True, "ro": False, "hotplug": True}
    return plain | {"tran": "usb", "model": None, "mountpoints": [None]} | more


def part(place: str) -> list[dict[str, Any]]:
    """Its one partition, mounted there."""
    return [{"path": "/dev/null1", "mountpoints": [place]}]


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (None, "is a part of a disk"),
        (device("/dev/sdb", type="part"), "is a part of a disk"),
        (device("/dev/sdb", children=part("/")), "the disk this machine runs from"),
        (device("/dev/sdb", children=part("[SWAP]")), "the disk this machine runs from"),
        (device("/dev/sdb", children=part("/media/ana")), "is in use"),
        (
            device("/dev/sdb", children=[{"mountpoints": [], "children": part("/")}]),
            "the disk this machine runs from",
        ),
        (device("/dev/sdb", mountpoints=["/mnt"]), "is in use"),
        (device("/dev/sdb", rm=False, hotplug=False, tran="nvme"), "built into this machine"),
        (device("/dev/sdb", ro=True), "lock switch"),
    ],
)
def test_what_is_no_card(known: dict[str, Any] | None, told: str) -> None:
    """It is refused, whatever it is called."""
    with pytest.raises(card.Refused, match=told):
        card.check_disk(Path("/dev/sdb"), known)


def test_what_is_a_card() -> None:
    """A slot's is not called removable, but can be taken out."""
    card.check_disk(Path("/dev/sdb"), device("/dev/sdb"))
    card.check_disk(Path("/dev/mmcblk0"), device("/dev/mmcblk0", rm=False, tran="mmc"))
    card.check_disk(Path("/dev/loop0"), device("/dev/loop0", type="loop", rm=False, hotplug=False))


def test_what_is_no_device(tmp_path: Path) -> None:
    """A file, or nothing."""
    with pytest.raises(card.Refused, match="is not there: put the card in"):
        card.check_device(tmp_path / "sdb", [])
    (tmp_path / "file").touch()
    with pytest.raises(card.Refused, match="is no device"):
        card.check_device(tmp_path / "file", [])


def test_an_image_that_is_damaged(tmp_path: Path) -> None:
    """Its checksum says so; a file that is not there is told in words."""
    image = tmp_path / "image"
    image.write_bytes(b"image")
    good = "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d"
    card.check_image(image, good.upper())
    with pytest.raises(card.Refused, match="is damaged or another"):
        card.check_image(image, "0" * 64)
    with pytest.raises(card.Refused, match="can't be read"):
        card.check_image(tmp_path / "nothing", good)
    (tmp_path / "image.xz").write_bytes(b"no xz")
    with pytest.raises(card.Refused, match=r"is no \.xz file"):
        card.size_of(tmp_path / "image.xz")


def test_every_variable_is_documented() -> None:
    """The table in the README is that of the variables."""
    folder = Path(__file__).parents[1] / "ansible"
    known = yaml.safe_load((folder / "flash/variables.yml").read_text())
    rows = [
        f"| `{each['key']}` | `{json.dumps(each['default'])}` | {each['meaning']} |"
        for each in known
    ]
    text = (folder / "README.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("| `flash_")] == rows
