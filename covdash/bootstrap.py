"""From a bare Python to a process that has every dependency: makes `.venv` from the hashed lock and re-executes there.

Standard library only, and it must still parse on an old Python, so that the reader gets a sentence and not a traceback.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
STAMP = "covdash-lock"


def ensure(argv):  # noqa: ARG001
    """Return in a process where the lock is installed; otherwise install it and replace this process."""
    if sys.version_info < OLDEST:
        sys.exit(
            "covdash needs Python 3.11 or newer, and this is %d.%d; run it with python3.11 or later."
            % sys.version_info[:2]
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "covdash.settings")
