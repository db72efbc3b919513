"""A report goes out as LCOV and Cobertura, with the counts of its uploads, and comes back with the same totals."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from covdash.accounts.models import User
from covdash.coverage.lines import FileCoverage
from covdash.coverage.report import total_of
from covdash.dashboards.addresses import Place
from covdash.projects.models import Commit
from covdash.reports.models import CommitReport, Upload
from ingest.reading import read_upload_file
from tests.covdash.dashboards.test_reading import SESSION
from tests.covdash.reports.stock import Stock, lines, rich

PLACE = Place("acme/platform/shop")
FORMS = ("lcov.info", "cobertura.xml")


@pytest.fixture
def head(stock: Stock) -> Commit:
    commit = stock.commit()
    files = {"src/a.py": lines(7, 0, None, 2), "src/pay/charge.py": rich(), "src/<b>.py": lines(0, 0)}
    stock.upload(commit, files, flags=["unit"])
    stock.upload(commit, {"src/a.py": lines(3, 9, None, 1)}, flags=["e2e"])
    stock.assemble(commit)
    return commit


def read(answer: bytes, name: str) -> dict[str, FileCoverage]:
    (outcome,) = read_upload_file(name, iter([answer]))
    assert outcome.report is not None, outcome
    return dict(outcome.report.files)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("flag", ["", "unit", "e2e"])
@pytest.mark.parametrize("door", ["page", "api"])
def test_it_comes_back_with_the_same_totals(
    client: Client, ada: User, head: Commit, form: str, flag: str, door: str
) -> None:
    client.force_login(ada)
    address = PLACE.flagged(flag).export(head.sha, form)
    if door == "api":
        address = f"/api/v1/projects/{PLACE.slug}/commits/{head.sha}/{form}?flag={flag}"
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
        body = answer.getvalue()
    assert answer.status_code == 200
    assert len(asked) - SESSION <= 9
    files = read(body, form)
    totals = CommitReport.objects.get(commit=head, flag=flag).totals
    found = total_of(files.items())
    for kind in ("lines", "branches", "functions"):
        assert (found.get(kind) or (0, 0)) == (totals.get(kind) or (0, 0)), kind
    hits = {"": [7, 9, 2], "unit": [7, 0, 2], "e2e": [3, 9, 1]}
    assert files["src/a.py"].hits.tolist() == hits[flag]


def test_a_lost_pack_leaves_yes_and_no(client: Client, ada: User, head: Commit) -> None:
    Upload.objects.filter(flags=["e2e"]).update(pack_key="counts/gone")
    client.force_login(ada)
    files = read(client.get(PLACE.export(head.sha, "lcov.info")).getvalue(), "lcov.info")
    assert files["src/a.py"].hits.tolist() == [1, 1, 1]


def test_the_file_is_saved_and_never_run(client: Client, ada: User, head: Commit) -> None:
    client.force_login(ada)
    answer = client.get(PLACE.flagged("unit").export(head.sha[:8], "lcov.info"))
    name = f'attachment; filename="acme-platform-shop-{head.sha[:8]}-unit.lcov.info"'
    assert answer["Content-Disposition"] == name
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_an_unchanged_report_is_not_sent_again(client: Client, ada: User, head: Commit) -> None:
    client.force_login(ada)
    address = f"/api/v1/projects/{PLACE.slug}/commits/{head.sha}/lcov.info"
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_strangers_and_nonsense_get_nothing(client: Client, ada: User, cleo: User, head: Commit) -> None:
    client.force_login(ada)
    for form in FORMS:
        assert client.get(PLACE.flagged("nonsense <b>").export(head.sha, form)).status_code == 404
        assert client.get(PLACE.export("f" * 40, form)).status_code == 404
    assert client.get(PLACE.export(head.sha, "report.exe")).status_code == 404
    client.force_login(cleo)
    for form in FORMS:
        assert client.get(PLACE.export(head.sha, form)).status_code == 404
        assert client.get(f"/api/v1/projects/{PLACE.slug}/commits/{head.sha}/{form}").status_code == 404
