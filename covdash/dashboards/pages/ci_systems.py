"""The CI systems of the setup page: the best known here, further ones in `ci_further.py`. PURE data."""

from __future__ import annotations

from covdash.dashboards.pages.ci_frame import Ci
from covdash.dashboards.pages.ci_further import FURTHER, IN_ALPINE

_GITHUB_FRAME = """\
- name: Send coverage to covdash
  if: ${{ !cancelled() }}
  env:
    COVDASH_TOKEN: ${{ secrets.COVDASH_TOKEN }}
    HEAD_SHA: ${{ github.event.pull_request.head.sha }}
    PULL: ${{ github.event.number }}
    COVDASH_MATRIX: ${{ toJSON(matrix) }}
  run: |
    @@
"""

CIS = (
    Ci(
        "shell",
        "Shell",
        "any shell with curl and git",
        "an environment variable",
        "@@\n",
        "$(git rev-parse HEAD)",
        "$(git rev-parse --abbrev-ref HEAD)",
    ),
    Ci(
        "github",
        "GitHub Actions",
        ".github/workflows, a step after the tests",
        "Settings, Secrets and variables, Actions",
        _GITHUB_FRAME,
        "${HEAD_SHA:-$GITHUB_SHA}",
        "${GITHUB_HEAD_REF:-$GITHUB_REF_NAME}",
        "$PULL",
        "$GITHUB_WORKFLOW / $GITHUB_JOB",
        "$GITHUB_RUN_ATTEMPT",
        "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",
    ),
    Ci(
        "gitlab",
        "GitLab CI",
        ".gitlab-ci.yml, in the job of the tests",
        "Settings, CI/CD, Variables: masked and hidden",
        """\
tests:
  script:
    - echo run your tests here
  after_script:
    - |
      @@
""",
        "$CI_COMMIT_SHA",
        "${CI_MERGE_REQUEST_SOURCE_BRANCH_NAME:-$CI_COMMIT_REF_NAME}",
        "$CI_MERGE_REQUEST_IID",
        "$CI_JOB_NAME",
        "",
        "$CI_JOB_URL",
    ),
    Ci(
        "jenkins",
        "Jenkins",
        "Jenkinsfile, a stage after the tests",
        "Manage Jenkins, Credentials: secret text with the id covdash-token",
        """\
stage('Coverage') {
  steps {
    withCredentials([string(credentialsId: 'covdash-token', variable: 'COVDASH_TOKEN')]) {
      sh '''
        @@
      '''
    }
  }
}
""",
        "$GIT_COMMIT",
        "${CHANGE_BRANCH:-${BRANCH_NAME:-${GIT_BRANCH#origin/}}}",
        "$CHANGE_ID",
        "$JOB_NAME",
        "$BUILD_NUMBER",
        "$BUILD_URL",
    ),
    Ci(
        "circleci",
        "CircleCI",
        ".circleci/config.yml, a step after the tests",
        "Project settings, Environment variables",
        """\
- run:
    name: Send coverage to covdash
    when: always
    command: |
      @@
""",
        "$CIRCLE_SHA1",
        "$CIRCLE_BRANCH",
        "${CIRCLE_PULL_REQUEST##*/}",
        "$CIRCLE_JOB",
        "$CIRCLE_BUILD_NUM",
        "$CIRCLE_BUILD_URL",
    ),
    Ci(
        "azure",
        "Azure Pipelines",
        "azure-pipelines.yml, a step after the tests",
        "Pipelines, Edit, Variables: keep this value secret",
        """\
- bash: |
    @@
  condition: succeededOrFailed()
  displayName: Send coverage to covdash
  env:
    COVDASH_TOKEN: $(COVDASH_TOKEN)
""",
        "${SYSTEM_PULLREQUEST_SOURCECOMMITID:-$BUILD_SOURCEVERSION}",
        "${SYSTEM_PULLREQUEST_SOURCEBRANCH:-$BUILD_SOURCEBRANCH}",
        "${SYSTEM_PULLREQUEST_PULLREQUESTNUMBER:-$SYSTEM_PULLREQUEST_PULLREQUESTID}",
        "$BUILD_DEFINITIONNAME / $AGENT_JOBNAME",
        "$SYSTEM_JOBATTEMPT",
        "",
    ),
    Ci(
        "bitbucket",
        "Bitbucket",
        "bitbucket-pipelines.yml, in the step of the tests",
        "Repository settings, Repository variables: secured",
        """\
- step:
    name: Tests
    script:
      - echo run your tests here
    after-script:
      - |
        @@
""",
        "$BITBUCKET_COMMIT",
        "$BITBUCKET_BRANCH",
        "$BITBUCKET_PR_ID",
        "tests",
        "$BITBUCKET_BUILD_NUMBER",
        "$BITBUCKET_GIT_HTTP_ORIGIN/pipelines/results/$BITBUCKET_BUILD_NUMBER",
    ),
    Ci(
        "buildkite",
        "Buildkite",
        ".buildkite/pipeline.yml, in the step of the tests",
        "Agents, Secrets: read it in the hook environment of the agent",
        """\
steps:
  - label: Tests
    command: |
      echo run your tests here
      @@
""",
        "$BUILDKITE_COMMIT",
        "$BUILDKITE_BRANCH",
        "${BUILDKITE_PULL_REQUEST#false}",
        "$BUILDKITE_PIPELINE_SLUG / $BUILDKITE_LABEL",
        "$((BUILDKITE_RETRY_COUNT + 1))",
        "$BUILDKITE_BUILD_URL",
        replaces="$",
    ),
    Ci(
        "woodpecker",
        "Woodpecker",
        ".woodpecker.yaml, a step after the tests; its image needs curl and git",
        "Repository settings, Secrets",
        IN_ALPINE,
        "$CI_COMMIT_SHA",
        "${CI_COMMIT_SOURCE_BRANCH:-$CI_COMMIT_BRANCH}",
        "$CI_COMMIT_PULL_REQUEST",
        "$CI_WORKFLOW_NAME",
        "$CI_PIPELINE_NUMBER",
        "$CI_PIPELINE_URL",
        replaces="${",
    ),
    Ci(
        "forgejo",
        "Forgejo, Gitea",
        ".forgejo/workflows or .gitea/workflows, a step after the tests",
        "Settings, Actions, Secrets",
        _GITHUB_FRAME,
        "${HEAD_SHA:-$GITHUB_SHA}",
        "${GITHUB_HEAD_REF:-$GITHUB_REF_NAME}",
        "$PULL",
        "$GITHUB_WORKFLOW / $GITHUB_JOB",
        "${GITHUB_RUN_ATTEMPT:-1}",
        "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",
    ),
    *FURTHER,
)
