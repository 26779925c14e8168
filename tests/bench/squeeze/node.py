"""``python -m tests.bench.squeeze.node COMMAND``: edgecam whose virtual camera sees noise."""

import sys

from edgecam import cli
from edgecam.capture import source

if __name__ == "__main__":
    source.CAMERAS["virtual"] = "tests.bench.squeeze.camera:NoisyCamera"
    sys.exit(cli.main())
