"""The shelf of demo projects: one file each with `PROJECT = Project(...)`, its sources and history beside in `../sources/<name>/`."""

from __future__ import annotations

import sys

from covdash.demo.project import Project
from covdash.shelf import books

PROJECTS = books(sys.modules[__name__], "PROJECT", Project)
