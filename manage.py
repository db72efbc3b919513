#!/usr/bin/env python3
"""The one command of covdash: `python3 manage.py up`, `python3 manage.py test`, `python3 manage.py help`."""

import sys

from covdash import bootstrap

if __name__ == "__main__":
    bootstrap.ensure(sys.argv)

    from covdash.runner.command_line import main

    main(sys.argv)
