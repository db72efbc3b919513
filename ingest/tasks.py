"""The tasks of the pipe, and the only place where one leads to the next. They carry ids; everything else is in the rows."""

from __future__ import annotations

from uuid import UUID

from covdash.celery import app
from ingest import announce, assemble, claim, doorbell, process

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


@app.task(name="ingest.tasks.sweep")
def sweep() -> None:
    """Ring for whatever waits although nobody works on it: the broker may have forgotten."""
    for upload_id in claim.due():
        doorbell.ring(PROCESS, str(upload_id))
    for commit_id in assemble.stale_commits():
        doorbell.ring(ASSEMBLE, commit_id)
    announce.sweep()
