"""What the CI systems of forges need beside their tables: GitHub and its kin, GitLab, Bitbucket. One function a system."""

from __future__ import annotations

import re
from typing import Any

from ingest.client.environment import Build, branch_of, dig, number_of, strip_secrets

_LOCAL_MERGE = re.compile(r"Merge commit '([0-9a-f]{40,64})'")
_FORGE_MERGE = re.compile(r"Merge ([0-9a-f]{40,64}) into ([0-9a-f]{40,64})")
_QUEUE = re.compile(r"(?:refs/heads/)?gh-readonly-queue/(.+)/pr-([0-9]+)-[0-9a-f]+")


def github(build: Build) -> None:
    """Read the event: what a pull request, a merge queue or a second workflow was made of."""
    name = build["event"]
    if name == "workflow_call":  # Gitea says so in reusable workflows; the payload is the caller's
        name = "pull_request" if dig(build.event, "pull_request") else "push"
    build.put_event("default_branch", "repository.default_branch")
    workflow = build.get("GITHUB_WORKFLOW_REF").split("@")[0]
    build.put("workflow_title", build["workflow"], "GITHUB_WORKFLOW")
    build.put("workflow", workflow, "GITHUB_WORKFLOW_REF")
    build.needs_matrix = True
    if name == "merge_group":
        _merge_group(build)
    elif name == "workflow_run":
        _workflow_run(build)
    elif name.startswith("pull_request") and not (
        name == "pull_request" and build.get("GITHUB_REF").startswith("refs/heads/")
    ):  # a pull request that was closed by merging is a push to its base
        _pull_request(build, is_target=name == "pull_request_target")
    else:
        build.drop("pull", "head", "pull_branch", "base", "base_sha")
        reference = build.get("GITHUB_REF")
        if reference.startswith("refs/tags/"):
            build.put("tag", reference[len("refs/tags/") :], "GITHUB_REF")
        before = dig(build.event, "before")
        if isinstance(before, str) and before.strip("0"):
            build.put_event("base_sha", "before")


def named_head(build: Build) -> None:
    """Find the head of a pull request among the parents of a merge that names them, or by the target branch that git knows."""
    parents, message = build.checkout.parents, build.checkout.message
    if build["head"] or len(parents) != 2:
        return
    forge, local = _FORGE_MERGE.match(message), _LOCAL_MERGE.match(message)
    base = build["base"]
    head = ""
    if forge and {forge.group(1), forge.group(2)} == set(parents):
        head, why = forge.group(1), "named by the merge"
    elif local and local.group(1) == parents[1]:
        head, why = parents[0], "the target was merged into it"
    elif base:
        apart = [sha for sha in parents if not build.on_target(sha, base)]
        if len(apart) == 1:
            head, why = apart[0], f"the parent that is not on {base}"
    if head:
        build.put("head", head, f"git parent, {why}")
    else:
        build.doubts.append(
            "HEAD is a merge and nothing says which parent is the head of the pull request: filed under HEAD"
        )


def _pull_request(build: Build, *, is_target: bool) -> None:
    for field, path in (
        ("pull", "number"),
        ("head", "head.sha"),
        ("base_sha", "base.sha"),
        ("title", "title"),
        ("head_slug", "head.repo.full_name"),
    ):
        build.put_event(field, f"pull_request.{path}")
    if not build["pull_branch"]:
        build.put_event("pull_branch", "pull_request.head.ref")
    if not build["base"]:
        build.put_event("base", "pull_request.base.ref")
    head = dig(build.event, "pull_request.head")
    if isinstance(head, dict):
        build.is_fork = head.get("repo") is None or (
            dig(head, "repo.full_name") != dig(build.event, "pull_request.base.repo.full_name")
        )
        if build.is_fork and not build["head_slug"]:
            build.put("head_slug", dig(head, "user.login"), "GITHUB_EVENT_PATH pull_request.head.user.login")
    if not build["head"] and not is_target:
        named_head(build)
    checkout = build.checkout
    if is_target and checkout.sha and build["head"] not in (checkout.sha, *checkout.parents):
        build.doubts.append(
            "pull_request_target checked out the base branch, so the pull request was not tested: filed under the base branch"
        )
        build.put("branch", build["base"], "GITHUB_BASE_REF")
        build.put("commit", checkout.sha, "git HEAD")
        build.is_fork = False
        build.drop("pull", "head", "pull_branch", "base", "base_sha", "title", "head_slug")
    elif is_target and build.is_fork:
        build.doubts.append("pull_request_target runs code of a fork where secrets are in reach")


def _merge_group(build: Build) -> None:
    build.drop("pull", "head", "pull_branch", "base")
    build.put_event("commit", "merge_group.head_sha")
    build.put_event("base_sha", "merge_group.base_sha")
    reference = build.get("GITHUB_REF") or str(dig(build.event, "merge_group.head_ref") or "")
    build.put("branch", branch_of(reference), "GITHUB_REF")
    found = _QUEUE.fullmatch(reference)
    if found:
        build.put("base", found.group(1), "GITHUB_REF")
    named = dig(build.event, "merge_group.base_ref")
    if isinstance(named, str):
        build.put("base", branch_of(named), "GITHUB_EVENT_PATH merge_group.base_ref")


def _workflow_run(build: Build) -> None:
    build.drop("pull", "head", "pull_branch", "base", "base_sha")
    build.put_event("commit", "workflow_run.head_sha")
    build.put_event("branch", "workflow_run.head_branch")
    build.put_event("title", "workflow_run.display_title")
    head = dig(build.event, "workflow_run.head_repository.full_name")
    build.is_fork = bool(head) and head != dig(build.event, "repository.full_name")
    build.put_event("head_slug", "workflow_run.head_repository.full_name")
    pulls = dig(build.event, "workflow_run.pull_requests")
    if isinstance(pulls, list) and len(pulls) == 1:
        build.put("pull", dig(pulls[0], "number"), "GITHUB_EVENT_PATH workflow_run.pull_requests")
        build.put("pull_branch", build["branch"], "GITHUB_EVENT_PATH workflow_run.head_branch")
    if build.checkout.sha != build["commit"]:
        build.ignore_tree = True
        build.doubts.append(
            "workflow_run checks out the default branch: files of the tested commit are not known here;"
            " carry them with --dry-run --bundle FILE in the first workflow and --send FILE in this one"
        )


def gitea(build: Build) -> None:
    """Read the event as GitHub's: pull requests are not merged there, and the server's address ends with a slash."""
    github(build)
    address = build["build_url"]
    build.put("build_url", re.sub(r"(?<!:)//+", "/", address), "GITHUB_SERVER_URL, GITHUB_RUN_NUMBER")


def gitlab(build: Build) -> None:
    """Tell pipelines of merge requests from those of a git branch with an open merge request."""
    if build["pull"]:
        target, source = (
            build.get("CI_MERGE_REQUEST_PROJECT_ID"),
            build.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
        )
        build.is_fork = bool(target and source) and target != source
        if not build["head"]:
            build.put("head", build.get("CI_COMMIT_SHA"), "CI_COMMIT_SHA")
        return
    # group/pay!333,group/pay!334: of several it is not known which one is meant.
    own = [one for one in build.get("CI_OPEN_MERGE_REQUESTS").split(",") if one]
    if len(own) == 1 and build["branch"]:
        build.put("pull", number_of(own[0]), "CI_OPEN_MERGE_REQUESTS")
        build.put("pull_branch", build["branch"], "CI_COMMIT_BRANCH")


def bitbucket(build: Build) -> None:
    """The commit may be 12 digits long; the checkout of a pull request is another commit, merged on the spot."""
    short = build["commit"]
    for sha in (build.checkout.sha, *build.checkout.parents):
        if len(short) >= 7 and sha.startswith(short):
            build.put("commit", sha, "BITBUCKET_COMMIT, completed by git")


def circleci(build: Build) -> None:
    """A re-run of failed tests looks like any other run, so an upload never takes the place of another."""
    build.adds = True
    build.is_fork = bool(build.get("CIRCLE_PR_REPONAME"))
    branch = build["branch"]
    if build.is_fork and re.fullmatch(r"pull/[0-9]+", branch):
        build.put("pull_branch", branch, "CIRCLE_BRANCH")


def azure(build: Build) -> None:
    """Counters of stages and jobs are two; addresses hold the project's name, which may have spaces."""
    attempts = [build.get(name) for name in ("SYSTEM_STAGEATTEMPT", "SYSTEM_JOBATTEMPT")]
    numbers = [int(text) for text in attempts if text.isdecimal()]
    if numbers:
        # Either counter starts again from 1 with the other's next step.
        stage, job = (numbers[0], numbers[-1]) if len(numbers) > 1 else (1, numbers[0])
        build.put("attempt", (stage - 1) * 100 + job, "SYSTEM_STAGEATTEMPT, SYSTEM_JOBATTEMPT")
    build.is_fork = build.get("SYSTEM_PULLREQUEST_ISFORK").lower() == "true"
    build.put("build_url", build["build_url"].replace(" ", "%20"), "SYSTEM_COLLECTIONURI, BUILD_BUILDID")


def buildkite(build: Build) -> None:
    """The head repository of a pull request is told by its address; retries are counted from 0."""
    theirs, ours = build.get("BUILDKITE_PULL_REQUEST_REPO"), build.get("BUILDKITE_REPO")
    if build["pull"] and theirs and ours:
        build.is_fork = _place(theirs) != _place(ours)
    elif not build["pull"]:
        for field, name in (
            ("base", "BUILDKITE_MERGE_QUEUE_BASE_BRANCH"),
            ("base_sha", "BUILDKITE_MERGE_QUEUE_BASE_COMMIT"),
        ):
            build.put(field, build.get(name), name)
    retries = build.get("BUILDKITE_RETRY_COUNT")
    if retries.isdecimal():
        build.put("attempt", int(retries) + 1, "BUILDKITE_RETRY_COUNT")


def _place(address: str) -> str:
    """Return host and path of a repository, so that `git@host:a/b.git` and `https://host/a/b` are equal."""
    text = re.sub(r"^[a-z+]+://|\.git/?$", "", strip_secrets(address))
    return re.sub(r"^[^@/]*@", "", text).replace(":", "/").lower()


def other_slug(build: Build) -> None:
    """A fork, where the head repository of a pull request has another name than the repository itself."""
    head: Any = build["head_slug"]
    build.is_fork = bool(build["pull"] and head and head != build["slug"])
    if not build["pull"]:
        build.drop("head_slug")
