"""Which run of Ansible this is: who runs it, where, in which process, since when."""

import getpass
import multiprocessing
import os
import socket
import subprocess
from typing import Any

from ansible.plugins.lookup import LookupBase

DOCUMENTATION = """
name: edgecam_run
author: edgecam
short_description: names this run of Ansible
description:
  - The user, the host, the process and its start, in one line, for a lock that says whose it is.
options: {}
"""


class LookupModule(LookupBase):  # type: ignore[misc]
    """One line, the same for every task and device of a run."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        # Tasks are templated in workers, which the process of the run has started.
        parent = multiprocessing.parent_process()
        pid = parent.pid if parent else os.getpid()
        done = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"LC_ALL": "C", "TZ": "UTC"},
        )
        since = " ".join(done.stdout.split())
        return [f"{getpass.getuser()}@{socket.gethostname()}, process {pid} since {since}"]
