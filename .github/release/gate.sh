#!/usr/bin/env bash
# Decides whether this commit may be released. It changes nothing.
#
# Reads: VERSION, GITHUB_REF, GITHUB_SHA, GITHUB_REPOSITORY, GITHUB_API_URL, GH_TOKEN, and Cargo.toml.
# Refuses with exit code 1: another branch than main, a version that is not in Cargo.toml or not semantic,
# and a commit for which the workflow ci.yml has not passed on main.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

refuse() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$ ]] ||
  refuse "\`$VERSION\` is not a semantic version" 'enter it as 1.4.0 or 1.4.0-rc.1, without a v'
[[ $GITHUB_REF == refs/heads/main ]] ||
  refuse "releases are made from main, not from $GITHUB_REF" 'run the workflow on the branch main'
in_cargo=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[[ $in_cargo == "$VERSION" ]] ||
  refuse "Cargo.toml has version $in_cargo, not $VERSION" "merge a pull request that sets version = \"$VERSION\""

# The token goes to curl through its standard input, so that no list of processes shows it.
runs=$(printf 'header = "Authorization: Bearer %s"\n' "$GH_TOKEN" | curl --config - \
  --fail-with-body --silent --show-error --retry 3 --max-time 60 \
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/workflows/ci.yml/runs?head_sha=$GITHUB_SHA&branch=main&event=push&status=success")
[[ $(jq .total_count <<<"$runs") -gt 0 ]] ||
  refuse "CI has not passed for $GITHUB_SHA on main" 'wait for the workflow ci to succeed, then run this one again'
printf 'release %s of %s: CI has passed\n' "$VERSION" "$GITHUB_SHA"
