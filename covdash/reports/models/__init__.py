"""The coverage tank: uploads, commit reports, content-addressed objects, change points, announcements."""

from __future__ import annotations

from covdash.reports.models.announcement import Announcement
from covdash.reports.models.change_point import ChangePoint, Path
from covdash.reports.models.commit_report import CommitReport
from covdash.reports.models.comparison import Comparison
from covdash.reports.models.coverage_object import CoverageObject
from covdash.reports.models.dismissal import Dismissal
from covdash.reports.models.review import ReviewDecision, ReviewNote
from covdash.reports.models.sweep import Sweep
from covdash.reports.models.upload import Upload
from covdash.reports.models.viewed import ViewedFile
from covdash.reports.models.waiver import GateWaiver

__all__ = [
    "Announcement",
    "ChangePoint",
    "CommitReport",
    "Comparison",
    "CoverageObject",
    "Dismissal",
    "GateWaiver",
    "Path",
    "ReviewDecision",
    "ReviewNote",
    "Sweep",
    "Upload",
    "ViewedFile",
]
