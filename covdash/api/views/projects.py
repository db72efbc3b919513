"""The projects, and one of them with its git branches."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from covdash.api import branch_shaping, doors, shaping
from covdash.api.schema import describes
from covdash.api.shapes import BranchShape, ProjectCardShape, ProjectHeadShape
from covdash.reports.queries import branches, commits, divergence, projects


class Projects(doors.ReadView):
    """The projects that the reader may see."""

    @describes(
        ProjectCardShape,
        "List projects",
        name="projects_list",
        query=("q", "owner", "sort", "after"),
        paged=True,
    )
    def get(self, request: Request) -> Response:
        """Five SQL statements and those of the session, six in the order of what changed."""
        words = request.query_params
        found = projects.cards(
            user=request.user,
            search=words.get("q", ""),
            sort=words.get("sort", ""),
            after=doors.after_of(request),
            group=words.get("owner", ""),
        )
        return doors.answer(request, doors.page(request, found, shaping.project_card))


class Project(doors.ReadView):
    """One project with its head."""

    @describes(ProjectHeadShape, "Show a project", name="projects_show", path=("slug",))
    def get(self, request: Request, slug: str) -> Response:
        """Two SQL statements and those of the session."""
        project = doors.project_of(request, slug)
        head = commits.head(project=project)
        return doors.answer(request, shaping.project_head(project, head))


class Branches(doors.ReadView):
    """Git branches: the default branch, then the lately reported ones."""

    @describes(
        BranchShape,
        "List git branches",
        name="branches_list",
        path=("slug",),
        query=("q", "after"),
        paged=True,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Four SQL statements and those of the session. A task is asked for patches that are not known."""
        project = doors.project_of(request, slug)
        search = request.query_params.get("q", "")
        found = branches.listing(project=project, search=search, after=doors.after_of(request))
        apart = divergence.of_branches(project=project, branches=found.items)
        return doors.answer(
            request,
            doors.page(request, found, lambda branch: branch_shaping.branch(branch, apart[branch.name])),
        )
