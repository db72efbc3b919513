"""Further CI systems of the setup page. PURE data."""

from __future__ import annotations

from covdash.dashboards.pages.ci_frame import Ci

IN_ALPINE = """\
- name: coverage
  image: alpine/git
  environment:
    COVDASH_TOKEN:
      from_secret: COVDASH_TOKEN
  commands:
    - apk add --no-cache curl
    - apk add --no-cache python3
    - |
      @@
"""
"""A step of Woodpecker and Drone."""

FURTHER = (
    Ci(
        "drone",
        "Drone",
        ".drone.yml, a step after the tests; its image needs curl and git",
        "Repository settings, Secrets",
        IN_ALPINE,
        "$DRONE_COMMIT_SHA",
        "${DRONE_SOURCE_BRANCH:-$DRONE_BRANCH}",
        "$DRONE_PULL_REQUEST",
        "$DRONE_STAGE_NAME / $DRONE_STEP_NAME",
        "$DRONE_BUILD_NUMBER",
        "$DRONE_BUILD_LINK",
        replaces="${",
    ),
    Ci(
        "travis",
        "Travis CI",
        ".travis.yml",
        "Repository settings, Environment variables: not displayed in the log",
        """\
after_script:
  - |
    @@
""",
        "${TRAVIS_PULL_REQUEST_SHA:-$TRAVIS_COMMIT}",
        "${TRAVIS_PULL_REQUEST_BRANCH:-$TRAVIS_BRANCH}",
        "${TRAVIS_PULL_REQUEST#false}",
        "${TRAVIS_JOB_NAME:-tests}",
        "",
        "$TRAVIS_JOB_WEB_URL",
    ),
    Ci(
        "appveyor",
        "AppVeyor",
        "appveyor.yml, with an image of Linux",
        "Project settings, Environment: encrypted",
        """\
after_test:
  - sh: |
      @@
""",
        "${APPVEYOR_PULL_REQUEST_HEAD_COMMIT:-$APPVEYOR_REPO_COMMIT}",
        "${APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH:-$APPVEYOR_REPO_BRANCH}",
        "$APPVEYOR_PULL_REQUEST_NUMBER",
        "${APPVEYOR_JOB_NAME:-tests}",
        "",
        "$APPVEYOR_URL/project/$APPVEYOR_ACCOUNT_NAME/$APPVEYOR_PROJECT_SLUG/builds/$APPVEYOR_BUILD_ID/job/$APPVEYOR_JOB_ID",
    ),
    Ci(
        "teamcity",
        "TeamCity",
        "a build step Command Line, and the parameter env.COVDASH_BRANCH = %teamcity.build.branch%",
        "Parameters: env.COVDASH_TOKEN of the type Password",
        "@@\n",
        "$BUILD_VCS_NUMBER",
        "$COVDASH_BRANCH",
        "",
        "$TEAMCITY_PROJECT_NAME / $TEAMCITY_BUILDCONF_NAME",
        "",
        "$BUILD_URL",
        replaces="%",
    ),
    Ci(
        "codebuild",
        "AWS CodeBuild",
        "buildspec.yml",
        "AWS Secrets Manager: a secret covdash with the key token",
        """\
env:
  secrets-manager:
    COVDASH_TOKEN: covdash:token
phases:
  post_build:
    commands:
      - |
        @@
""",
        "$CODEBUILD_RESOLVED_SOURCE_VERSION",
        "${CODEBUILD_WEBHOOK_HEAD_REF:-$CODEBUILD_SOURCE_VERSION}",
        "$(echo \"$CODEBUILD_WEBHOOK_TRIGGER\" | sed -n 's#^pr/##p')",
        "${CODEBUILD_BUILD_ID%%:*}",
        "",
        "$CODEBUILD_PUBLIC_BUILD_URL",
    ),
    Ci(
        "cloudbuild",
        "Google Cloud Build",
        "cloudbuild.yaml, a step after the tests; builds of pull requests name $_HEAD_BRANCH instead of $BRANCH_NAME",
        "Secret Manager, and availableSecrets in cloudbuild.yaml",
        """\
- name: python
  entrypoint: sh
  args:
    - -c
    - |
      @@
  env:
    - COVDASH_CI=cloudbuild
    - COVDASH_COMMIT=$COMMIT_SHA
    - COVDASH_BRANCH=$BRANCH_NAME
    - COVDASH_JOB=$TRIGGER_NAME
  secretEnv: [COVDASH_TOKEN]
""",
        "$COVDASH_COMMIT",
        "$COVDASH_BRANCH",
        "",
        "$COVDASH_JOB",
        "",
        "",
        replaces="$",
    ),
    Ci(
        "semaphore",
        "Semaphore",
        ".semaphore/semaphore.yml, in the block of the tests",
        "Settings, Secrets: a secret covdash with the variable COVDASH_TOKEN",
        """\
task:
  secrets:
    - name: covdash
  epilogue:
    always:
      commands:
        - |
          @@
""",
        "${SEMAPHORE_GIT_PR_SHA:-$SEMAPHORE_GIT_SHA}",
        "$SEMAPHORE_GIT_WORKING_BRANCH",
        "$SEMAPHORE_GIT_PR_NUMBER",
        "$SEMAPHORE_BLOCK_NAME / $SEMAPHORE_JOB_NAME",
        "",
        "$SEMAPHORE_ORGANIZATION_URL/workflows/$SEMAPHORE_WORKFLOW_ID",
    ),
    Ci(
        "cirrus",
        "Cirrus CI",
        ".cirrus.yml, in the task of the tests",
        "Repository settings of Cirrus CI: encrypt it, and put what that gives into env",
        """\
env:
  COVDASH_TOKEN: ENCRYPTED[...]
always:
  coverage_script: |
    @@
""",
        "$CIRRUS_CHANGE_IN_REPO",
        "$CIRRUS_BRANCH",
        "$CIRRUS_PR",
        "$CIRRUS_TASK_NAME",
        "",
        "https://cirrus-ci.com/task/$CIRRUS_TASK_ID",
    ),
)
