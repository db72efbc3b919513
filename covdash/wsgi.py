"""The door for a WSGI server: `gunicorn covdash.wsgi`. Refuses to open on a configuration that must not serve anybody."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "covdash.settings")

application = get_wsgi_application()

# Only now: the checks read the settings, which the line above has loaded.
from covdash.checks import require_startable  # noqa: E402

require_startable()

# What the first request would load, all views among it, is loaded now.
import covdash.urls  # noqa: E402, F401

# The collector need not look at all of Django again and again while a page is made: a full pass took longer than most pages.
gc.collect()
gc.freeze()
# A long page makes some ten thousand objects and keeps none: looking for cycles after each 700 of them took a fifth of its time.
gc.set_threshold(20_000, 20, 20)
