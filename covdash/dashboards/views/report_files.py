"""`/p/<slug>/-/commit/<sha>/lcov.info` and `/cobertura.xml`: the report of a commit, or of a flag of it, as a file."""

from __future__ import annotations

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from covdash.dashboards.views import words
from covdash.dashboards.views.doors import project_view
from covdash.projects.facts import ProjectFact
from covdash.reports import export_forms
from covdash.reports.queries import commits, exports
from covdash.reports.retention_facts import DetailsGoneError


@require_safe
@project_view()
def show(request: HttpRequest, project: ProjectFact, sha: str, form: str) -> HttpResponseBase:
    """The report as a stream in one of `export_forms.FORMS`; 404 where the commit or the flag has none."""
    commit = commits.resolve(project=project, ref=sha)
    flag = words.text(request, "flag")
    report = commits.report(project=project, commit=commit, flag=flag) if commit else None
    if report is None:
        raise Http404
    if report.commit.thinned_at is not None:  # before the stream begins
        raise DetailsGoneError(report.commit)
    chosen = export_forms.FORMS[form]
    stream = chosen.write(exports.files(project=project, report=report), report)
    answer = StreamingHttpResponse(stream, content_type=chosen.content_type)
    answer["Content-Disposition"] = (
        f'attachment; filename="{export_forms.name_of(project.slug, report, form)}"'
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-cache"
    return answer
