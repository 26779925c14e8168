"""A board without a battery: a node that starts in 1970, and whose clock is set right under it."""

import asyncio
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

from tests.ledger import PASSWORD
from tests.node import Node
from tests.sockets import http_session
from tests.viewer import trust
from tests.visitor import visitor

CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead(void) {
  static volatile int64_t *seconds;
  if (!seconds) {
    int file = open(getenv("CLOCK_AHEAD"), O_RDONLY);
    seconds = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
    close(file);
  }
  return *seconds;
}

int clock_gettime(clockid_t which, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(which, now);
  if (which == CLOCK_REALTIME) now->tv_sec += ahead();
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  return now ? (*now = precise.tv_sec) : precise.tv_sec;
}
"""
"""The time of day as a process sees it, by so many seconds ahead as a file says at that moment."""

NEEDS_A_COMPILER = pytest.mark.skipif(
    shutil.which("cc") is None, reason="NO NODE WAS STARTED IN 1970: apt-get install gcc libc6-dev"
)


def clock(folder: Path) -> tuple[Path, dict[str, str]]:
    """The file that says by how much the clock is ahead, and the environment that goes by it."""
    source, library, file = folder / "clock.c", folder / "clock.so", folder / "ahead"
    source.write_text(CLOCK)
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    put(file, 120 - round(time.time()))
    return file, {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(file)}


def put(file: Path, seconds: int) -> None:
    """Set the clock, in place: it is looked at all the time."""
    handle = os.open(file, os.O_CREAT | os.O_WRONLY, 0o600)
    os.pwrite(handle, struct.pack("=q", seconds), 0)
    os.close(handle)


@NEEDS_A_COMPILER
async def test_a_node_that_starts_in_1970(tmp_path: Path) -> None:
    """The door is one at once, for the owner, too; set right, who is in stays, what was to end by a
    time of day has ended, and browsers find nothing wrong with the certificate.
    """
    file, environ = await asyncio.to_thread(clock, tmp_path)
    node = Node(tmp_path, environ)
    try:
        await node.start()
        assert "the clock is wrong" in await asyncio.to_thread(lambda: node.log)
        async with visitor(node) as somebody:
            cookie = await somebody.sends(
                "/set-up", code=node.set_up_code, name="Ana", password=PASSWORD
            )
            assert await somebody.comes(cookie) == 200
            assert await somebody.comes() == 401
            _, link, _ = await node.command("link", "add", "Oma")
            guest = "/guest/" + link.split("/guest/")[1].split()[0]

            await asyncio.to_thread(put, file, 0)
            assert await somebody.comes(cookie) == 200
            assert await somebody.comes() == 401
            assert not await somebody.sends(guest)
            assert await somebody.sends("/sign-in", name="Ana", password=PASSWORD)
            # As the node would by itself within a minute, if it is long since the clock's floor.
            await node.command("cert", "renew")
        async with (
            http_session(await asyncio.to_thread(trust, node)) as http,
            http.get(node.url("/health")) as answer,
        ):
            assert answer.status == 200
        assert await node.stop() == 0
    finally:
        await node.kill()
