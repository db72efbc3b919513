#!/bin/sh
# covdash-upload for images without Python: sends named reports to covdash in one request. Needs a POSIX sh and curl.
#
# Licensed under the Apache License, Version 2.0; see http://www.apache.org/licenses/LICENSE-2.0.
#
#   sh covdash-upload.sh -f coverage.xml -f junit.xml
#
# Variables and exit codes are those of upload.py: COVDASH_URL, COVDASH_TOKEN, COVDASH_TOKEN_FILE, COVDASH_FILES, COVDASH_PROJECT,
# COVDASH_COMMIT, COVDASH_BRANCH, COVDASH_PR, COVDASH_BASE, COVDASH_FLAGS, COVDASH_NAME, COVDASH_JOB, COVDASH_ATTEMPT,
# COVDASH_BUILD_URL, COVDASH_TAG, COVDASH_CA_BUNDLE, COVDASH_FAIL_ON.
# 0 sent, 2 usage, 3 nothing to send, 4 refused, 5 server or network unreachable.
set -eu

SERVER='@SERVER@'
VERSION='@VERSION@'
NEWLINE='
'

say() { printf '%-7s %s\n' "$1" "$2" >&2; }

stop() { # code, sentence
  say error "$2 (exit $1)"
  case "${COVDASH_FAIL_ON:-error}:$1" in
    never:* | rejected:5)
      say warn "exit 0 instead of $1, because of COVDASH_FAIL_ON=$COVDASH_FAIL_ON"
      exit 0
      ;;
  esac
  exit "$1"
}

files=$(printf '%s' "${COVDASH_FILES:-}" | tr ',' '\n')
while [ $# -gt 0 ]; do
  flag=$1
  case "$flag" in
    --version)
      printf 'covdash-upload.sh %s\n' "$VERSION"
      exit 0
      ;;
    -h | --help)
      sed -n '2,13s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    -f | --file | --url | --token-file | --project | --commit | --branch | --pr | --base | --flag | --name | --job | --attempt | --build-url | --tag | --ca | --fail-on)
      [ $# -ge 2 ] || stop 2 "$flag wants a value"
      value=$2
      shift 2
      ;;
    *) stop 2 "unknown argument $flag; see --help" ;;
  esac
  case "$flag" in
    -f | --file) files="$files$NEWLINE$value" ;;
    --url) COVDASH_URL=$value ;;
    --token-file) COVDASH_TOKEN_FILE=$value ;;
    --project) COVDASH_PROJECT=$value ;;
    --commit) COVDASH_COMMIT=$value ;;
    --branch) COVDASH_BRANCH=$value ;;
    --pr) COVDASH_PR=$value ;;
    --base) COVDASH_BASE=$value ;;
    --flag) COVDASH_FLAGS="${COVDASH_FLAGS:+$COVDASH_FLAGS,}$value" ;;
    --name) COVDASH_NAME=$value ;;
    --job) COVDASH_JOB=$value ;;
    --attempt) COVDASH_ATTEMPT=$value ;;
    --build-url) COVDASH_BUILD_URL=$value ;;
    --tag) COVDASH_TAG=$value ;;
    --ca) COVDASH_CA_BUNDLE=$value ;;
    --fail-on) COVDASH_FAIL_ON=$value ;;
  esac
done

command -v curl >/dev/null 2>&1 || stop 2 "curl is not on the PATH"
server=${COVDASH_URL:-$SERVER}
[ -n "$server" ] || stop 2 "no server: set COVDASH_URL or --url"

token=${COVDASH_TOKEN:-}
if [ -z "$token" ] && [ -n "${COVDASH_TOKEN_FILE:-}" ]; then
  [ -r "$COVDASH_TOKEN_FILE" ] || stop 2 "the token file $COVDASH_TOKEN_FILE cannot be read"
  token=$(cat "$COVDASH_TOKEN_FILE")
fi
[ -n "$token" ] || stop 2 "no token: COVDASH_TOKEN is not set"
case "$token" in
  *[!A-Za-z0-9_.-]*) stop 2 "the token holds a character that no token has" ;;
esac

commit=${COVDASH_COMMIT:-}
if [ -z "$commit" ]; then
  if [ "${GITHUB_EVENT_NAME:-}" = pull_request ]; then
    # shellcheck disable=SC2016
    stop 2 'HEAD is a merge here: set COVDASH_COMMIT to ${{ github.event.pull_request.head.sha }}'
  fi
  commit=$(git rev-parse HEAD 2>/dev/null) || stop 2 "no commit: set COVDASH_COMMIT or --commit"
fi
branch=${COVDASH_BRANCH:-}
[ -n "$branch" ] || branch=${GITHUB_HEAD_REF:-${CI_MERGE_REQUEST_SOURCE_BRANCH_NAME:-${CI_COMMIT_BRANCH:-}}}
[ -n "$branch" ] || branch=$(git symbolic-ref -q --short HEAD 2>/dev/null) || branch=${GITHUB_REF_NAME:-}
[ -n "$branch" ] || stop 2 "no git branch: set COVDASH_BRANCH or --branch"

set --
count=0
IFS=$NEWLINE
for file in $files; do # unquoted: names may be patterns
  [ -n "$file" ] || continue
  [ -f "$file" ] || stop 2 "no file is called $file"
  [ -s "$file" ] || stop 2 "$file is empty"
  case "$file" in
    *\"*) stop 2 "curl cannot send a file with a quote in its name: $file" ;;
  esac
  set -- "$@" --form "report=@\"$file\""
  count=$((count + 1))
  say send "$file"
done
unset IFS
[ "$count" -gt 0 ] || stop 3 "nothing to send: name the reports with -f or COVDASH_FILES (upload.py searches, this program does not)"

field() { # name, value
  [ -z "$2" ] || printf 'form-string = "%s=%s"\n' "$1" "$(printf '%s' "$2" | tr -d '\r\n' | sed 's/[\\"]/\\&/g')"
}
[ -z "${COVDASH_CA_BUNDLE:-}" ] || set -- "$@" --cacert "$COVDASH_CA_BUNDLE"

answer=$(mktemp 2>/dev/null || printf '%s/covdash.%s' "${TMPDIR:-/tmp}" "$$")
trap 'rm -f "$answer"' EXIT
say covdash "covdash-upload.sh $VERSION -> $server"
say commit "$commit $branch"
result=0
# The token goes through a pipe: on the command line other users would see it.
status=$({
  printf 'header = "Authorization: Bearer %s"\n' "$token"
  field commit "$commit"
  field branch "$branch"
  field project "${COVDASH_PROJECT:-}"
  field pull "${COVDASH_PR:-}"
  field base "${COVDASH_BASE:-}"
  field flags "${COVDASH_FLAGS:-}"
  field name "${COVDASH_NAME:-}"
  field job "${COVDASH_JOB:-}"
  field attempt "${COVDASH_ATTEMPT:-}"
  field build_url "${COVDASH_BUILD_URL:-}"
  field tag "${COVDASH_TAG:-}"
} | curl --config - --silent --show-error --connect-timeout 10 --speed-limit 1 --speed-time 60 --retry 4 --retry-max-time 600 \
  --user-agent "covdash-upload.sh/$VERSION" --output "$answer" --write-out '%{http_code}' "$@" "$server/api/v1/uploads") || result=$?

member() { sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' "$answer" | head -n 1; }
case "$result" in
  0) ;;
  26) stop 2 "a report cannot be read" ;;
  *) stop 5 "cannot reach $server: curl ended with $result" ;;
esac
case "$status" in
  2*)
    address=$(member url)
    [ -n "$address" ] || stop 5 "$server did not answer as covdash does"
    say ok "$address"
    ;;
  4*) stop 4 "refused: $status $(member code) - $(member message) $(member hint)" ;;
  3*) stop 4 "$server sends on to another address ($status): set COVDASH_URL to it" ;;
  *) stop 5 "$server failed: $status" ;;
esac
