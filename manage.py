#!/usr/bin/env python3
"""The one command of covdash: `python3 manage.py up`, `python3 manage.py test`, `python3 manage.py help`."""

import sys

from covdash.bootstrap import ensure

if __name__ == "__main__":
    ensure(sys.argv)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
