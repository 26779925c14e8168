"""What a card's first start is to know, in the forms that releases of Raspberry Pi OS read."""

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
KEY = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?")
COUNTRY = re.compile(r"[A-Z]{2}")
RAW_PSK = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Who may log in, and how the network is reached; ``psk`` is the Wi-Fi's key in hex.

    ValueError, with one sentence, if they can't be.
    """

    host: str
    user: str
    ssh_keys: tuple[str, ...]
    country: str = ""
    ssid: str = ""
    psk: str = ""
    hidden: bool = False
    timezone: str = ""

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Wishes":
        """From what flash.yml says, ``wifi_password`` instead of ``psk``."""
        password = str(told.pop("wifi_password", ""))
        told["ssh_keys"] = tuple(key.strip() for key in told["ssh_keys"])
        psk = psk_of(told.get("ssid", ""), password) if told.get("ssid") and password else ""
        return cls(**told, psk=psk)

    def __post_init__(self) -> None:
        wrong = (
            (not HOST.fullmatch(self.host), f"{self.host!r} can't be a host's name"),
            (not USER.fullmatch(self.user), f"{self.user!r} can't be a user's name"),
            (self.user == "root", "root is nobody to log in as: name another user"),
            (not self.ssh_keys, "without an SSH key nobody could log in: name one"),
            (not all(map(KEY.fullmatch, self.ssh_keys)), "that is no public SSH key"),
            (
                bool(self.country) and not COUNTRY.fullmatch(self.country),
                f"{self.country!r} is no country: two capital letters, as BR",
            ),
            (bool(self.ssid) and not self.country, "Wi-Fi stays off until a country is named"),
            (len(self.ssid.encode()) > 32, "a Wi-Fi's name has 32 bytes at most"),
        )
        for is_wrong, sentence in wrong:
            if is_wrong:
                raise ValueError(sentence)


def psk_of(ssid: str, password: str) -> str:
    """The key that WPA2 makes of a password (IEEE 802.11, J.4.1), so that the card has not that."""
    if RAW_PSK.fullmatch(password):
        return password.lower()
    if not 8 <= len(password.encode()) <= 63:
        raise ValueError("a Wi-Fi's password has 8 to 63 characters")
    return hashlib.pbkdf2_hmac("sha1", password.encode(), ssid.encode(), 4096, 32).hex()


def files(form: str, wishes: Wishes) -> tuple[dict[str, str], str]:
    """Files for the root of the FAT partition, and what the kernel's command line gets besides.

    ``form``: ``cloud-init`` for trixie, ``custom.toml`` for bookworm.
    """
    if form == "custom.toml":
        return {"custom.toml": custom_toml(wishes)}, ""
    identity = f"edgecam-{uuid.uuid4()}"
    made = {
        "meta-data": _yaml({"dsmode": "local", "instance-id": identity}),
        "user-data": "#cloud-config\n" + _yaml(user_data(wishes)),
        "network-config": _yaml(network(wishes)),
    }
    return made, f"ds=nocloud;i={identity}"


def user_data(wishes: Wishes) -> dict[str, Any]:
    """For cloud-init. ``user``, not ``users``, keeps the groups that the image's user has."""
    start: list[list[str]] = [["systemctl", "enable", "--now", "ssh"]]
    if wishes.country:
        start.insert(0, ["rfkill", "unblock", "wifi"])
    made: dict[str, Any] = {
        "hostname": wishes.host,
        "manage_etc_hosts": True,
        "user": {
            "name": wishes.user,
            "shell": "/bin/bash",
            "lock_passwd": True,
            "sudo": "ALL=(ALL) NOPASSWD:ALL",
            "ssh_authorized_keys": list(wishes.ssh_keys),
        },
        "ssh_pwauth": False,
        "runcmd": start,
    }
    return made | ({"timezone": wishes.timezone} if wishes.timezone else {})


def network(wishes: Wishes) -> dict[str, Any]:
    """For netplan, version 2."""
    made: dict[str, Any] = {
        "version": 2,
        "ethernets": {"eth0": {"dhcp4": True, "dhcp6": True, "optional": True}},
    }
    if wishes.ssid:
        point: dict[str, Any] = {"password": wishes.psk} if wishes.psk else {}
        if wishes.hidden:
            point["hidden"] = True
        made["wifis"] = {
            "wlan0": {
                "dhcp4": True,
                "dhcp6": True,
                "optional": True,
                "regulatory-domain": wishes.country,
                "access-points": {wishes.ssid: point},
            }
        }
    return {"network": made}


def custom_toml(wishes: Wishes) -> str:
    """For raspberrypi-sys-mods' init_config; a user without a password is locked, and has a key."""
    sections: dict[str, dict[str, Any]] = {
        "system": {"hostname": wishes.host},
        "user": {"name": wishes.user},
        "ssh": {
            "enabled": True,
            "password_authentication": False,
            "authorized_keys": list(wishes.ssh_keys),
        },
    }
    if wishes.country:
        wlan: dict[str, Any] = {"country": wishes.country}
        if wishes.ssid:
            wlan |= {"ssid": wishes.ssid, "hidden": wishes.hidden}
        if wishes.psk:
            wlan |= {"password": wishes.psk, "password_encrypted": True}
        sections["wlan"] = wlan
    if wishes.timezone:
        sections["locale"] = {"timezone": wishes.timezone}
    lines = ["config_version = 1"]
    for section, options in sections.items():
        lines += ["", f"[{section}]"]
        # JSON's strings, lists and booleans are TOML's.
        lines += [
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in options.items()
        ]
    return "\n".join(lines) + "\n"


def _yaml(value: dict[str, Any]) -> str:
    """JSON is YAML, and quotes everything that is to be quoted."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
