"""All CI systems that the uploader knows, in the order in which they are looked for: the specific before the generic.

`[key] title: signs` begins a system. Signs are alternatives of variables that must be set (`NAME`, or `NAME=value`). Every line below
is a field and its names, the better first: a variable, or a template that counts when all its variables are set. `like` takes over
the fields of a system above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.client.builders import (
    appveyor,
    cirrus,
    codebuild,
    drone,
    jenkins,
    semaphore,
    teamcity,
    travis,
    woodpecker,
)
from ingest.client.environment import Build, System
from ingest.client.forges import azure, bitbucket, buildkite, circleci, gitea, github, gitlab

_TABLE = """
[gitea] Gitea Actions: GITEA_ACTIONS | FORGEJO_ACTIONS
event: GITHUB_EVENT_NAME
commit: GITHUB_SHA
branch: GITHUB_REF
pull_branch: GITHUB_HEAD_REF
pull: GITHUB_REF
base: GITHUB_BASE_REF
slug: GITHUB_REPOSITORY
host: GITHUB_SERVER_URL
run: GITHUB_RUN_ID
attempt: GITHUB_RUN_ATTEMPT
workflow: GITHUB_WORKFLOW
job: GITHUB_JOB
build_url: {GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_NUMBER}

[github] GitHub Actions: GITHUB_ACTIONS
like: gitea
build_url: {GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}/attempts/{GITHUB_RUN_ATTEMPT}

[gitlab] GitLab CI: GITLAB_CI
event: CI_MERGE_REQUEST_EVENT_TYPE | CI_PIPELINE_SOURCE
commit: CI_COMMIT_SHA
branch: CI_COMMIT_BRANCH
pull_branch: CI_MERGE_REQUEST_SOURCE_BRANCH_NAME
pull: CI_MERGE_REQUEST_IID
base: CI_MERGE_REQUEST_TARGET_BRANCH_NAME
base_sha: CI_MERGE_REQUEST_TARGET_BRANCH_SHA | CI_MERGE_REQUEST_DIFF_BASE_SHA
head: CI_MERGE_REQUEST_SOURCE_BRANCH_SHA
slug: CI_MERGE_REQUEST_PROJECT_PATH | CI_PROJECT_PATH
head_slug: CI_MERGE_REQUEST_SOURCE_PROJECT_PATH
default_branch: CI_DEFAULT_BRANCH
title: CI_MERGE_REQUEST_TITLE
tag: CI_COMMIT_TAG
build_url: CI_JOB_URL
run: CI_PIPELINE_ID
attempt: CI_JOB_STARTED_AT
job: CI_JOB_NAME
node: {CI_NODE_INDEX}/{CI_NODE_TOTAL}
host: CI_SERVER_URL

[gitlab-external] GitLab CI for an external repository: GITLAB_CI CI_EXTERNAL_PULL_REQUEST_IID
like: gitlab
event: CI_PIPELINE_SOURCE
pull_branch: CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME
pull: CI_EXTERNAL_PULL_REQUEST_IID
base: CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME
base_sha: CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA
head: CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA
slug: CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY
head_slug: CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY

[circleci] CircleCI: CIRCLECI
commit: CIRCLE_SHA1
branch: CIRCLE_BRANCH
pull_branch: CIRCLE_BRANCH
pull: CIRCLE_PR_NUMBER | CIRCLE_PULL_REQUEST
slug: {CIRCLE_PROJECT_USERNAME}/{CIRCLE_PROJECT_REPONAME}
head_slug: {CIRCLE_PR_USERNAME}/{CIRCLE_PR_REPONAME}
tag: CIRCLE_TAG
build_url: CIRCLE_BUILD_URL
run: CIRCLE_WORKFLOW_ID
attempt: CIRCLE_BUILD_NUM
job: CIRCLE_JOB
node: {CIRCLE_NODE_INDEX}/{CIRCLE_NODE_TOTAL}

[azure] Azure Pipelines: TF_BUILD
event: BUILD_REASON
commit: BUILD_SOURCEVERSION
branch: BUILD_SOURCEBRANCH
pull_branch: SYSTEM_PULLREQUEST_SOURCEBRANCH
pull: SYSTEM_PULLREQUEST_PULLREQUESTNUMBER | SYSTEM_PULLREQUEST_PULLREQUESTID
base: SYSTEM_PULLREQUEST_TARGETBRANCH
head: SYSTEM_PULLREQUEST_SOURCECOMMITID
slug: {SYSTEM_TEAMPROJECT}/{BUILD_REPOSITORY_NAME}
build_url: {SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}
run: BUILD_BUILDID
workflow: BUILD_DEFINITIONNAME
job: {SYSTEM_STAGENAME} / {AGENT_JOBNAME} | AGENT_JOBNAME

[bitbucket] Bitbucket Pipelines: BITBUCKET_BUILD_NUMBER
commit: BITBUCKET_COMMIT
branch: BITBUCKET_BRANCH
pull_branch: BITBUCKET_BRANCH
pull: BITBUCKET_PR_ID
base: BITBUCKET_PR_DESTINATION_BRANCH
base_sha: BITBUCKET_PR_DESTINATION_COMMIT
slug: BITBUCKET_REPO_FULL_NAME
tag: BITBUCKET_TAG
build_url: https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}
run: BITBUCKET_PIPELINE_UUID | BITBUCKET_BUILD_NUMBER
attempt: BITBUCKET_STEP_RUN_NUMBER
job: BITBUCKET_STEP_NAME | BITBUCKET_STEP_UUID
node: {BITBUCKET_PARALLEL_STEP}/{BITBUCKET_PARALLEL_STEP_COUNT}

[buildkite] Buildkite: BUILDKITE
event: BUILDKITE_SOURCE
commit: BUILDKITE_COMMIT
branch: BUILDKITE_BRANCH
pull_branch: BUILDKITE_BRANCH
pull: BUILDKITE_PULL_REQUEST
base: BUILDKITE_PULL_REQUEST_BASE_BRANCH | BUILDKITE_MERGE_QUEUE_BASE_BRANCH
base_sha: BUILDKITE_MERGE_QUEUE_BASE_COMMIT
slug: BUILDKITE_REPO
head_slug: BUILDKITE_PULL_REQUEST_REPO
default_branch: BUILDKITE_PIPELINE_DEFAULT_BRANCH
tag: BUILDKITE_TAG
build_url: {BUILDKITE_BUILD_URL}#{BUILDKITE_JOB_ID} | BUILDKITE_BUILD_URL
run: BUILDKITE_BUILD_ID
workflow: BUILDKITE_PIPELINE_SLUG
job: BUILDKITE_STEP_KEY | BUILDKITE_LABEL
node: {BUILDKITE_PARALLEL_JOB}/{BUILDKITE_PARALLEL_JOB_COUNT}
host: BUILDKITE_REPO

[drone] Drone: DRONE
event: DRONE_BUILD_EVENT
commit: DRONE_COMMIT_SHA
branch: DRONE_BRANCH
pull_branch: DRONE_SOURCE_BRANCH
pull: DRONE_PULL_REQUEST
base: DRONE_TARGET_BRANCH
base_sha: DRONE_COMMIT_BEFORE
slug: DRONE_REPO
default_branch: DRONE_REPO_BRANCH
tag: DRONE_TAG
title: DRONE_PULL_REQUEST_TITLE
build_url: DRONE_BUILD_LINK
run: DRONE_BUILD_NUMBER
attempt: DRONE_BUILD_NUMBER
job: {DRONE_STAGE_NAME} / {DRONE_STEP_NAME} | DRONE_STAGE_NAME

[woodpecker] Woodpecker: CI=woodpecker
event: CI_PIPELINE_EVENT
commit: CI_COMMIT_SHA
branch: CI_COMMIT_BRANCH
pull_branch: CI_COMMIT_SOURCE_BRANCH
pull: CI_COMMIT_PULL_REQUEST
base: CI_COMMIT_TARGET_BRANCH
slug: CI_REPO
default_branch: CI_REPO_DEFAULT_BRANCH
tag: CI_COMMIT_TAG
build_url: CI_STEP_URL | CI_PIPELINE_URL
run: CI_PIPELINE_NUMBER
job: {CI_WORKFLOW_NAME} / {CI_STEP_NAME} | CI_WORKFLOW_NAME
host: CI_FORGE_URL

[travis] Travis CI: TRAVIS
event: TRAVIS_EVENT_TYPE
commit: TRAVIS_COMMIT
branch: TRAVIS_BRANCH
pull_branch: TRAVIS_PULL_REQUEST_BRANCH
pull: TRAVIS_PULL_REQUEST
base: TRAVIS_BRANCH
head: TRAVIS_PULL_REQUEST_SHA
slug: TRAVIS_REPO_SLUG
head_slug: TRAVIS_PULL_REQUEST_SLUG
tag: TRAVIS_TAG
build_url: TRAVIS_JOB_WEB_URL
run: TRAVIS_BUILD_ID
job: TRAVIS_JOB_NAME | TRAVIS_JOB_NUMBER

[appveyor] AppVeyor: APPVEYOR
commit: APPVEYOR_REPO_COMMIT
branch: APPVEYOR_REPO_BRANCH
pull_branch: APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH
pull: APPVEYOR_PULL_REQUEST_NUMBER
base: APPVEYOR_REPO_BRANCH
head: APPVEYOR_PULL_REQUEST_HEAD_COMMIT
slug: APPVEYOR_REPO_NAME
head_slug: APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME
tag: APPVEYOR_REPO_TAG_NAME
title: APPVEYOR_PULL_REQUEST_TITLE
build_url: {APPVEYOR_URL}/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}/job/{APPVEYOR_JOB_ID}
run: APPVEYOR_BUILD_ID
attempt: APPVEYOR_BUILD_NUMBER
job: APPVEYOR_JOB_NAME

[teamcity] TeamCity: TEAMCITY_VERSION
commit: BUILD_VCS_NUMBER
run: BUILD_NUMBER
attempt: BUILD_NUMBER
workflow: TEAMCITY_PROJECT_NAME
job: TEAMCITY_BUILDCONF_NAME

[codebuild] AWS CodeBuild: CODEBUILD_BUILD_ID
event: CODEBUILD_WEBHOOK_EVENT
commit: CODEBUILD_RESOLVED_SOURCE_VERSION
branch: CODEBUILD_WEBHOOK_HEAD_REF
pull_branch: CODEBUILD_WEBHOOK_HEAD_REF
base: CODEBUILD_WEBHOOK_BASE_REF
slug: CODEBUILD_SOURCE_REPO_URL
build_url: CODEBUILD_PUBLIC_BUILD_URL
run: CODEBUILD_BUILD_ID
attempt: CODEBUILD_BUILD_NUMBER
job: CODEBUILD_BATCH_BUILD_IDENTIFIER
host: CODEBUILD_SOURCE_REPO_URL

[semaphore] Semaphore: SEMAPHORE
commit: SEMAPHORE_GIT_SHA
branch: SEMAPHORE_GIT_WORKING_BRANCH | SEMAPHORE_GIT_BRANCH
pull_branch: SEMAPHORE_GIT_WORKING_BRANCH
pull: SEMAPHORE_GIT_PR_NUMBER
base: SEMAPHORE_GIT_BRANCH
head: SEMAPHORE_GIT_PR_SHA
slug: SEMAPHORE_GIT_REPO_SLUG
head_slug: SEMAPHORE_GIT_PR_SLUG
tag: SEMAPHORE_GIT_TAG_NAME
title: SEMAPHORE_GIT_PR_NAME
build_url: {SEMAPHORE_ORGANIZATION_URL}/workflows/{SEMAPHORE_WORKFLOW_ID}
run: SEMAPHORE_WORKFLOW_ID
job: {SEMAPHORE_BLOCK_NAME} / {SEMAPHORE_JOB_NAME} | SEMAPHORE_JOB_NAME
node: {SEMAPHORE_JOB_INDEX}/{SEMAPHORE_JOB_COUNT}

[cirrus] Cirrus CI: CIRRUS_CI
commit: CIRRUS_CHANGE_IN_REPO
branch: CIRRUS_BRANCH
pull_branch: CIRRUS_BRANCH
pull: CIRRUS_PR
base: CIRRUS_BASE_BRANCH
base_sha: CIRRUS_BASE_SHA
slug: CIRRUS_REPO_FULL_NAME
default_branch: CIRRUS_DEFAULT_BRANCH
tag: CIRRUS_TAG
title: CIRRUS_CHANGE_TITLE
build_url: https://cirrus-ci.com/task/{CIRRUS_TASK_ID}
run: CIRRUS_BUILD_ID
job: CIRRUS_TASK_NAME

[jenkins] Jenkins: JENKINS_URL | JENKINS_HOME BUILD_TAG
commit: GIT_COMMIT
branch: BRANCH_NAME | GIT_BRANCH
pull_branch: CHANGE_BRANCH | ghprbSourceBranch | gitlabSourceBranch
pull: CHANGE_ID | ghprbPullId | gitlabMergeRequestIid
base: CHANGE_TARGET | ghprbTargetBranch | gitlabTargetBranch
head: ghprbActualCommit
slug: GIT_URL
tag: TAG_NAME
title: CHANGE_TITLE | ghprbPullTitle | gitlabMergeRequestTitle
build_url: RUN_DISPLAY_URL | BUILD_URL
run: BUILD_NUMBER
attempt: BUILD_NUMBER
workflow: JOB_NAME
job: STAGE_NAME
host: GIT_URL

[cloudbuild] Google Cloud Build: COVDASH_CI=cloudbuild

[unknown] an unknown CI: CI
"""

_FUNCTIONS = (
    gitea, github, gitlab, circleci, azure, bitbucket, buildkite, drone, woodpecker, travis, appveyor, teamcity, codebuild, semaphore,
    cirrus, jenkins,
)  # fmt: skip
_REFINED: dict[str, Callable[[Build], None]] = {function.__name__: function for function in _FUNCTIONS}
"""The function of a system, for what no table can say."""


def _systems() -> tuple[System, ...]:
    found: dict[str, System] = {}
    for block in _TABLE.strip().split("\n\n"):
        head, *rows = block.split("\n")
        key, _, rest = head[1:].partition("] ")
        title, _, signs = rest.partition(": ")
        names: dict[str, Sequence[str]] = {}
        for field, _, line in (row.partition(": ") for row in rows):
            names.update(found[line].names if field == "like" else {field: line.split(" | ")})
        found[key] = System(
            key, title, [sign.split() for sign in signs.split(" | ")], names, _REFINED.get(key)
        )
    # A system that is told by more than one variable is a special case of another.
    return tuple(sorted(found.values(), key=lambda system: -len(system.signs[0])))


SYSTEMS = _systems()
UNSET = System("git", "no CI", (), {})
