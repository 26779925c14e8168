"""Writes a Raspberry Pi OS image to a memory card, and what its first start is to know.

What is no card is refused: a disk that is mounted, the system's own, one that can't be taken out.
Nothing is written before the image's checksum is right, and the card is read back. Needs root for
a real device, and mtools. Called by flash.yml; each command prints JSON, or one sentence about what
is wrong and exits 1. ``check`` and ``seed`` read the wishes for the first start, as JSON.
"""

import argparse
import hashlib
import json
import lzma
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from seed import Wishes, files

COLUMNS = "PATH,TYPE,SIZE,RM,RO,HOTPLUG,MODEL,TRAN,MOUNTPOINTS,PARTLABEL"
BLOCK = 4 * 2**20
SYNC_EVERY = 16
SECTOR = 512
FAT_TYPES = {0x0B, 0x0C}
CUSTOM_TOML_INIT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"

Progress = Callable[[str], None]


class Refused(Exception):  # noqa: N818 - it reads so in an except clause
    """What can't be done; its text says what to do instead."""


def disks() -> list[dict[str, Any]]:
    """Every block device of this machine, as lsblk knows it, with what is on it as ``children``."""
    done = subprocess.run(
        ["lsblk", "--json", "--bytes", "--tree", "--output", COLUMNS],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["blockdevices"]
    return found


def cards() -> list[dict[str, Any]]:
    """The disks that can be taken out, that hold something and are in use by nobody."""
    wanted = ("path", "size", "model", "tran")
    return [
        {name: disk[name] for name in wanted}
        for disk in disks()
        if disk["type"] == "disk" and removable(disk) and disk["size"] and not mounts(disk)
    ]


def removable(disk: dict[str, Any]) -> bool:
    """Whether it is in a slot or at a plug."""
    return bool(disk["rm"] or disk["hotplug"] or disk["tran"] in {"usb", "mmc"})


def mounts(disk: dict[str, Any]) -> list[str]:
    """Where it and everything on it is mounted."""
    own = [place for place in disk.get("mountpoints") or () if place]
    return own + [place for child in disk.get("children", ()) for place in mounts(child)]


def check_device(path: Path, known: list[dict[str, Any]]) -> None:
    """Raise Refused unless ``path`` may be overwritten; a loop device is as good as a card."""
    try:
        real = path.resolve(strict=True)
    except OSError:
        raise Refused(f"{path} is not there: put the card in, and see which it is") from None
    if not stat.S_ISBLK(real.stat().st_mode):
        raise Refused(f"{path} is no device: name the card itself, as /dev/sdb or /dev/mmcblk0")
    check_disk(path, next((each for each in known if each["path"] == str(real)), None))


def check_disk(path: Path, disk: dict[str, Any] | None) -> None:
    """Raise Refused unless ``disk``, as ``disks`` has it, may be overwritten."""
    if disk is None or disk["type"] not in {"disk", "loop"}:
        raise Refused(
            f"{path} is a part of a disk: name the whole card, as /dev/sdb or /dev/mmcblk0"
        )
    places = mounts(disk)
    if any(
        place in {"/", "/boot", "/boot/firmware", "/usr", "/home", "[SWAP]"} for place in places
    ):
        raise Refused(f"{path} is the disk this machine runs from ({', '.join(places)}): never")
    if places:
        raise Refused(f"{path} is in use ({', '.join(places)}): unmount that first")
    if disk["type"] == "disk" and not removable(disk):
        raise Refused(f"{path} is built into this machine and is no card: name another")
    if disk["ro"]:
        raise Refused(f"{path} can't be written to: is the card's lock switch on?")


def check_image(image: Path, sha256: str) -> None:
    """Raise Refused unless ``image`` is there and its checksum is that one."""
    try:
        with image.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"the image can't be read: {error}") from error
    if found != sha256.lower():
        raise Refused(f"{image} is damaged or another: its SHA-256 is {found}, not {sha256}")


def size_of(image: Path) -> int:
    """Bytes it takes on the card."""
    if image.suffix != ".xz":
        return image.stat().st_size
    done = subprocess.run(
        ["xz", "--robot", "--list", str(image)], capture_output=True, text=True, check=False
    )
    totals = [line.split("\t") for line in done.stdout.splitlines() if line.startswith("totals")]
    if done.returncode or not totals:
        raise Refused(f"{image} is no .xz file: {done.stderr.strip()}")
    return int(totals[0][4])


@contextmanager
def opened(image: Path) -> Iterator[IO[bytes]]:
    """The image's bytes as they go onto the card."""
    try:
        with lzma.open(image) if image.suffix == ".xz" else image.open("rb") as file:
            yield file
    except (lzma.LZMAError, EOFError) as error:
        raise Refused(f"{image} can't be unpacked: {error}") from error


def write(device: Path, image: Path, progress: Progress) -> dict[str, Any]:
    """Write, then read back; the beginning is written last, so that half a card does not start."""
    size = size_of(image)
    # Exclusively: the kernel refuses it if anything of the device is in use.
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_EXCL)
    except PermissionError as error:
        raise Refused(f"{device} can be written by root only: say --ask-become-pass") from error
    except OSError as error:
        raise Refused(f"{device} is in use ({error}): unmount what is on it") from error
    try:
        room = os.lseek(descriptor, 0, os.SEEK_END)
        if room < size:
            raise Refused(
                f"{device} holds {room / 1e9:.1f} GB and the image takes {size / 1e9:.1f}: "
                "take a bigger card"
            )
        written = _write(descriptor, image, size, progress)
        # What is read back has to come from the card.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        read = _read(descriptor, size, progress)
    except OSError as error:
        raise Refused(f"{device} fails ({error}): take another card") from error
    finally:
        os.close(descriptor)
    if read != written:
        raise Refused(f"{device} gives back other bytes than were written: take another card")
    return {"bytes": size, "sha256": written}


def _write(descriptor: int, image: Path, size: int, progress: Progress) -> str:
    digest = hashlib.sha256()
    done, report = 0, _Percent("written", size, progress)
    with opened(image) as source:
        head = source.read(BLOCK)
        digest.update(head)
        done = len(head)
        os.pwrite(descriptor, bytes(len(head)), 0)
        count = 0
        while block := source.read(BLOCK):
            digest.update(block)
            _pwrite(descriptor, block, done)
            done += len(block)
            count += 1
            if count % SYNC_EVERY == 0:
                # Else the progress is that of this machine's memory.
                os.fdatasync(descriptor)
            report(done)
    _pwrite(descriptor, head, 0)
    os.fsync(descriptor)
    report(done)
    return digest.hexdigest()


def _pwrite(descriptor: int, block: bytes, offset: int) -> None:
    while block:
        count = os.pwrite(descriptor, block, offset)
        block, offset = block[count:], offset + count


def _read(descriptor: int, size: int, progress: Progress) -> str:
    digest, done, report = hashlib.sha256(), 0, _Percent("read back", size, progress)
    while done < size:
        block = os.pread(descriptor, min(BLOCK, size - done), done)
        if not block:
            break
        digest.update(block)
        done += len(block)
        report(done)
    return digest.hexdigest()


class _Percent:
    """Tells ``progress`` of every tenth part of ``size``."""

    def __init__(self, what: str, size: int, progress: Progress) -> None:
        self._what, self._size, self._progress = what, size or 1, progress
        self._told = 0

    def __call__(self, done: int) -> None:
        tenth = done * 10 // self._size
        if tenth > self._told:
            self._told = tenth
            self._progress(f"{self._what}: {tenth * 10} %")


class Fat:
    """The first FAT partition of a card or an image, by mtools: nothing is mounted."""

    def __init__(self, device: Path) -> None:
        table = device.open("rb").read(SECTOR)
        if table[510:512] != b"\x55\xaa":
            raise Refused(f"{device} has no partitions: is that an image of Raspberry Pi OS?")
        entries = [table[446 + 16 * i : 462 + 16 * i] for i in range(4)]
        starts = [int.from_bytes(e[8:12], "little") for e in entries if e[4] in FAT_TYPES]
        if not starts:
            raise Refused(f"{device} has no FAT partition: is that an image of Raspberry Pi OS?")
        self._at = f"{device}@@{starts[0] * SECTOR}"

    def names(self) -> set[str]:
        """What is in its root."""
        listed = self._run("mdir", "-b", "-i", self._at, "::/").decode().split("\n")
        return {name.removeprefix("::/").rstrip("/") for name in listed if name}

    def read(self, name: str) -> bytes:
        """A file's content."""
        return self._run("mtype", "-i", self._at, f"::{name}")

    def write(self, name: str, content: bytes) -> None:
        """Have a file with ``content``, and make sure that it is there."""
        self._run("mcopy", "-o", "-i", self._at, "-", f"::{name}", given=content)
        if self.read(name) != content:
            raise Refused(f"{name} came out different on the card: take another card")

    def _run(self, *command: str, given: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                check=False,
                # A card's geometry is made up; mtools would mind.
                env=os.environ | {"MTOOLS_SKIP_CHECK": "1"},
            )
        except FileNotFoundError as error:
            raise Refused("mtools is missing: apt-get install mtools") from error
        if done.returncode:
            raise Refused(f"{' '.join(command)}: {done.stderr.decode().strip()}")
        return done.stdout


def form_of(fat: Fat) -> str:
    """In which form the image's release reads what its first start is to know."""
    names = fat.names()
    if "user-data" in names:
        return "cloud-init"
    if "cmdline.txt" in names and CUSTOM_TOML_INIT in fat.read("cmdline.txt").decode():
        return "custom.toml"
    raise Refused(
        "this image has neither cloud-init nor the first start of bookworm: it has to be a "
        "Raspberry Pi OS from November 2023 on"
    )


def seed(device: Path, wishes: Wishes) -> dict[str, Any]:
    """Have the card's system begin with ``wishes``; what was written, by name."""
    fat = Fat(device)
    form = form_of(fat)
    made, more = files(form, wishes)
    if more:
        cmdline = fat.read("cmdline.txt").decode().strip()
        kept = [word for word in cmdline.split(" ") if not word.startswith("ds=nocloud")]
        made["cmdline.txt"] = " ".join([*kept, more]) + "\n"
    for name, text in made.items():
        fat.write(name, text.encode())
    with device.open("rb+") as file:
        os.fsync(file.fileno())
    return {"form": form, "files": sorted(made)}


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    for name in ("check", "write", "seed"):
        one = commands.add_parser(name)
        one.add_argument("device", type=Path)
        if name != "seed":
            one.add_argument("image", type=Path)
            one.add_argument("sha256")
        if name == "write":
            one.add_argument("--progress", type=Path, default=Path("/dev/stderr"))
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(_do(options)))
    except (Refused, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def _do(options: argparse.Namespace) -> Any:
    if options.command == "list":
        return cards()
    check_device(options.device, disks())
    if options.command in {"check", "seed"}:
        wishes = Wishes.of(json.load(sys.stdin))
    if options.command == "seed":
        return seed(options.device, wishes)
    check_image(options.image, options.sha256)
    if options.command == "check":
        return {"size": size_of(options.image)}
    with options.progress.open("a", buffering=1) as told:
        return write(options.device, options.image, lambda line: print(line, file=told, flush=True))


if __name__ == "__main__":
    sys.exit(main())
