"""``python -m edgecam`` is the command ``edgecam``."""

import sys

from edgecam.cli import main

sys.exit(main())
