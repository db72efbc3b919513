"""Paths are mended and uploads corrected in a real browser, and none of these pages has what axe can find."""

from __future__ import annotations

import pytest

from covdash.accounts.models import User
from covdash.dashboards.addresses import Place
from covdash.projects.models import Project
from covdash.reports import corrections, lending
from covdash.reports.models import Upload
from tests.factories.uploads import Job, lcov, sha, turn
from tests.journeys.conftest import SCHEMES, Open, violations

PLACE = Place("acme/platform/shop")
REPOSITORY = b"src/cart/util.py\nsrc/pay/util.py\ngen/api.py\n"


@pytest.fixture
def upload(project: Project) -> Upload:
    """An upload with a path of every kind."""
    project.settings = {"paths": {"ignore": [{"paths": ["gen/"], "reason": "generated"}]}}
    project.save()
    names = ("/build/util.py", "/w/src/cart/util.py", "/usr/include/x.h", "gen/api.py", "src/pay/util.py")
    sent = Job(project).send_form(
        [("file", "unit.info", lcov({name: {1: 1, 2: 0} for name in names})), ("files", None, REPOSITORY)],
        commit=sha(1),
    )
    turn(sent)
    return sent


def test_a_rule_is_tried_saved_and_applied(open_page: Open, ada: User, upload: Upload) -> None:
    page = open_page(PLACE.upload(str(upload.pk)), ada)
    page.get_by_label("Try a rule").get_by_label("Path").fill("/build/")
    page.get_by_label("Try a rule").get_by_label("Becomes").fill("src/pay/")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("1 path would change").wait_for()
    page.get_by_role("button", name="Save the rule").click()
    page.get_by_text("The rule is saved, and this upload is read again.").wait_for()
    turn(upload)
    page.reload()
    page.get_by_text("rule: /build").wait_for(state="attached")


def test_pages_of_corrections(open_page: Open, ada: User, project: Project, upload: Upload) -> None:
    """Light and dark, wide and narrow, with everything unfolded; no page scrolls sideways."""
    lending.lend(project_id=project.pk, of=sha(1), to=sha(2), branch="main", actor=ada)
    left_out = Job(project).send(lcov({"src/pay/util.py": {1: 1}}), commit=sha(3))
    turn(left_out)
    corrections.exclude(project_id=project.pk, upload_id=left_out.pk, why="wrong build", actor=ada)
    corrections.reprocess_all(project_id=project.pk, actor=ada)
    of_upload = str(upload.pk)
    addresses = (
        PLACE.upload(of_upload),
        PLACE.upload(of_upload, kind="rewritten", q="util"),
        PLACE.upload(of_upload, "rule", kind="prefix", find="/build/", to="src/pay"),
        PLACE.upload(of_upload, "rule", kind="regex", find="(a+)+"),
        PLACE.upload(str(left_out.pk)),
        PLACE.settings("paths"),
        PLACE.settings("audit"),
        PLACE.commit_page(sha(1)),
        PLACE.commit_page(sha(2)),
    )
    page = open_page("/help", ada)
    found = {}
    for address in addresses:
        page.goto(address)
        page.evaluate("for (const folded of document.querySelectorAll('main details')) folded.open = true")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme, only in SCHEMES.items():
                page.emulate_media(color_scheme=scheme)
                found[address, scheme, width] = violations(page, only=only)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
    assert {key: wrong for key, wrong in found.items() if wrong} == {}
