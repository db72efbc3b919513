"""The tasks of the pipe, and the only place where one leads to the next. They carry ids; everything else is in the rows."""

from __future__ import annotations

from uuid import UUID

from covdash.celery import app
from covdash.projects import recount
from covdash.reports import comparisons
from ingest import announce, assemble, claim, components, doorbell, process

PROCESS, ASSEMBLE = "ingest.tasks.process_upload", "ingest.tasks.assemble_commit"


@app.task(name=PROCESS)
def process_upload(upload_id: str) -> None:
    """Process an upload and, in the same breath, the report of its commit."""
    commit_id = process.run(UUID(upload_id))
    if commit_id is not None:
        assemble_commit(commit_id)


@app.task(name=ASSEMBLE)
def assemble_commit(commit_id: int) -> None:
    """Assemble the report of a commit; uploads that were told something new are processed again."""
    for upload_id in assemble.run(commit_id):
        doorbell.ring(PROCESS, str(upload_id))
    doorbell.ring(comparisons.COMPARE_AHEAD, commit_id, priority=6)


@app.task(name="ingest.tasks.sweep")
def sweep() -> None:
    """Ring for whatever waits although nobody works on it: the broker may have forgotten."""
    for upload_id in claim.due():
        doorbell.ring(PROCESS, str(upload_id))
    for commit_id in assemble.stale_commits():
        doorbell.ring(ASSEMBLE, commit_id)
    announce.sweep()


@app.task(name=recount.TASK)
def recount_project(project_id: int) -> None:
    """Count the newest reports of a project by the rules it has now; where paths of a flag changed, assemble them again."""
    for commit_id in components.recount(project_id):
        doorbell.ring(ASSEMBLE, commit_id)


@app.task(name="ingest.tasks.sweep_rules")
def sweep_rules() -> None:
    """Ring for projects whose newest report was made by other rules than they have."""
    for project_id in components.stale_projects():
        doorbell.ring(recount.TASK, project_id)
