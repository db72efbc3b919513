#!/usr/bin/env python3
"""The one command of covdash: `python3 manage.py up`, `python3 manage.py test`, `python3 manage.py help`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an old Python must get this sentence before it meets newer syntax
    sys.exit(
        "covdash needs Python 3.11 or newer, and this is Python %d.%d: run it with a newer one, as in"
        " `python3.11 manage.py up`." % (sys.version_info[0], sys.version_info[1])
    )

if __name__ == "__main__":
    from covdash import bootstrap

    bootstrap.ensure(sys.argv)

    from covdash.runner.command_line import main

    main(sys.argv)
