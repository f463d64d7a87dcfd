#!/usr/bin/env bash
# Publishes a release from files that other jobs built. It runs no compiler and none of the built files.
#
# Usage: publish.sh verify|pack|tag|release|move, in this order. Each may be run again after any failure: what
# is there already stays, and what is missing is added.
#
# Reads: VERSION; FILES (directory with the downloaded files); SHA256_X86_64_LINUX and SHA256_AARCH64_LINUX (what
# the job that built a program reported), SHA256_REBUILT (of a second build for x86_64), DESCRIPTIONS (lines of
# sha256sum for all other files); ASSETS (directory that `pack` writes and the later steps publish); GITHUB_SHA,
# GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_SERVER_URL, GH_TOKEN; REMOTE is the Git URL if it is not the
# repository on GITHUB_SERVER_URL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

tag=v$VERSION
major=v${VERSION%%.*}
remote=${REMOTE:-$GITHUB_SERVER_URL/$GITHUB_REPOSITORY}
platforms=(x86_64-linux aarch64-linux)
# The job that describes the programs may add these files and no others: nothing that could be taken for a program.
may_describe='manifest\.json|fargate-pipeline\.cdx\.json|THIRD-PARTY-NOTICES\.txt'
may_describe+='|completions/[a-z_-]+(\.bash|\.fish)?|man/fargate-pipeline[a-z-]*\.1'
# These files are committed to dist/, where the actions look for the program.
in_commit='^(fargate-pipeline-[a-z0-9_]+-linux|SHA256SUMS|manifest\.json)$'

refuse() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

is_prerelease() { [[ $VERSION == *-* ]]; }

# Calls GitHub's API: api METHOD URL [CURL OPTION...]. The token goes to curl through its standard input, so
# that no list of processes shows it.
api() {
  local method=$1 url=$2
  shift 2
  printf 'header = "Authorization: Bearer %s"\n' "$GH_TOKEN" | curl --config - --request "$method" \
    --fail-with-body --silent --show-error --max-time 300 --header 'Accept: application/vnd.github+json' \
    "$@" "$url"
}

push() {
  local credentials
  credentials=$(printf 'x-access-token:%s' "$GH_TOKEN" | base64 --wrap=0)
  GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 \
    GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader" \
    GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $credentials" \
    git push --quiet "$remote" "$@"
}

# The commit that a tag of the remote refers to; empty if there is no such tag.
remote_tag() { git ls-remote --refs "$remote" "refs/tags/$1" | cut -f 1; }

# The checksum of each program, in the format of sha256sum. The names come from here: a job that builds a program
# reports a checksum for it, and cannot report anything for another one.
programs() {
  local platform variable
  for platform in "${platforms[@]}"; do
    variable=SHA256_${platform//-/_}
    variable=${variable^^}
    [[ ${!variable:-} =~ ^[0-9a-f]{64}$ ]] ||
      refuse "no SHA-256 was reported for $platform" "look at the log of the job that builds $platform"
    printf '%s  fargate-pipeline-%s\n' "${!variable}" "$platform"
  done
}

# The checksums of the other files.
described() {
  local line form="^[0-9a-f]{64}  ($may_describe)\$"
  while IFS= read -r line; do
    [[ $line =~ $form ]] ||
      refuse "the descriptions contain \`$line\`" 'look at the log of the job that describes the programs'
    printf '%s\n' "$line"
  done < <(awk NF <<<"$DESCRIPTIONS")
}

# A file that the build jobs did not report, or with other bytes than they reported, is not published.
verify() {
  local programs described sums listed found
  programs=$(programs)
  described=$(described)
  [[ ${SHA256_REBUILT:-} == "$SHA256_X86_64_LINUX" ]] ||
    refuse 'two builds of the same source have different bytes' 'docs/releasing.md describes how to find out why'
  sums=$(printf '%s\n%s\n' "$programs" "$described")
  listed=$(cut -c 67- <<<"$sums" | LC_ALL=C sort)
  found=$(find "$FILES" -mindepth 1 ! -type d -printf '%P\n' | LC_ALL=C sort)
  if ! diff <(printf '%s\n' "$listed") <(printf '%s\n' "$found") >&2; then
    refuse 'the files are not those that the build jobs reported (<)' 'run the whole workflow again'
  fi
  [[ -z $(find "$FILES" -mindepth 1 ! -type f ! -type d) ]] ||
    refuse 'there are other things than regular files among the files' 'run the whole workflow again'
  (cd "$FILES" && sha256sum --check --strict --quiet <<<"$sums") ||
    refuse 'a file has other bytes than its build job reported' 'run the whole workflow again'
  [[ $(jq --raw-output '.programs[] | "\(.sha256)  \(.file)"' "$FILES/manifest.json" | sort) == "$(sort <<<"$programs")" ]] ||
    refuse 'manifest.json lists other programs than were built' 'look at the log of the job that describes the programs'
  [[ $(jq --raw-output '"\(.version) \(.commit)"' "$FILES/manifest.json") == "$VERSION $GITHUB_SHA" ]] ||
    refuse "manifest.json is not about $VERSION of $GITHUB_SHA" 'look at the log of the job that describes the programs'
  printf 'verified %s files\n' "$(wc -l <<<"$listed")"
}

# A formula for Homebrew; it installs the archives.
formula() {
  local platform cpu url sum
  printf 'class FargatePipeline < Formula\n'
  printf '  desc "Deploys container images to AWS ECS Fargate, proven healthy"\n'
  printf '  homepage "%s/%s"\n' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY"
  printf '  version "%s"\n  license any_of: ["Apache-2.0", "MIT"]\n\n  on_linux do\n' "$VERSION"
  for platform in "${platforms[@]}"; do
    case $platform in
    x86_64-*) cpu=on_intel ;;
    *) cpu=on_arm ;;
    esac
    url=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/releases/download/$tag/fargate-pipeline-$platform.tar.gz
    sum=$(sha256sum <"$ASSETS/fargate-pipeline-$platform.tar.gz" | cut -d ' ' -f 1)
    printf '    %s do\n      url "%s"\n      sha256 "%s"\n    end\n' "$cpu" "$url" "$sum"
  done
  cat <<'END'
  end

  def install
    bin.install "fargate-pipeline"
    bash_completion.install Dir["completions/*.bash"]
    zsh_completion.install Dir["completions/_*"]
    fish_completion.install Dir["completions/*.fish"]
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/fargate-pipeline version")
  end
end
END
}

# Writes what is published: the programs, an archive with each, what describes them, the installer, and the
# checksums of all these. The same files and the same commit give the same bytes.
pack() {
  local platform name stage folder
  rm -rf "$ASSETS"
  mkdir "$ASSETS"
  stage=$(mktemp --directory)
  for platform in "${platforms[@]}"; do
    name=fargate-pipeline-$platform
    folder=$stage/$name
    mkdir "$folder"
    install --mode=755 "$FILES/$name" "$folder/fargate-pipeline"
    install --mode=755 "$FILES/$name" "$ASSETS/$name"
    cp -R README.md CHANGELOG.md LICENSE LICENSE-APACHE LICENSE-MIT \
      "$FILES/THIRD-PARTY-NOTICES.txt" "$FILES/completions" "$FILES/man" "$folder"
    tar --create --directory="$stage" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
      --mode='u=rwX,go=rX' --mtime="$(git show --no-patch --format=%cI "$GITHUB_SHA")" "$name" |
      gzip --no-name --best >"$ASSETS/$name.tar.gz"
  done
  rm -r "$stage"
  cp "$FILES/manifest.json" "$FILES/fargate-pipeline.cdx.json" "$FILES/THIRD-PARTY-NOTICES.txt" install.sh "$ASSETS"
  formula >"$ASSETS/fargate-pipeline.rb"
  (cd "$ASSETS" && sha256sum -- *) >"$FILES.sums"
  mv "$FILES.sums" "$ASSETS/SHA256SUMS"
  printf 'packed %s files\n' "$(find "$ASSETS" -type f | wc -l)"
}

# Commits the programs on top of the source and tags the commit. The commit has the source commit's date and
# a fixed author: the same files give the same commit, so that a second run finds its own tag.
tag() {
  local index date tree commit there name mode blob
  index=$(mktemp --directory)/index
  export GIT_INDEX_FILE=$index
  git read-tree "$GITHUB_SHA"
  for path in "$ASSETS"/*; do
    name=${path##*/}
    [[ $name =~ $in_commit ]] || continue
    mode=100644
    [[ $name == fargate-pipeline-* ]] && mode=100755
    blob=$(git hash-object -w --no-filters "$path")
    git update-index --add --cacheinfo "$mode,$blob,dist/$name"
  done
  tree=$(git write-tree)
  unset GIT_INDEX_FILE
  rm -r "${index%/*}"
  [[ $tree != "$(git rev-parse "$GITHUB_SHA^{tree}")" ]] ||
    refuse 'there is no program among the files' 'look at the log of the job Build'
  date=$(git show --no-patch --format=%cI "$GITHUB_SHA")
  commit=$(
    export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
    export GIT_AUTHOR_EMAIL='41898282+github-actions[bot]@users.noreply.github.com'
    export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date
    git commit-tree "$tree" -p "$GITHUB_SHA" -m "Release $VERSION: the programs of $GITHUB_SHA"
  )
  there=$(remote_tag "$tag")
  if [[ -z $there ]]; then
    push "$commit:refs/tags/$tag"
    printf 'tagged %s as %s\n' "$commit" "$tag"
  elif [[ $there == "$commit" ]]; then
    printf '%s is there already: %s\n' "$tag" "$commit"
  else
    refuse "$tag exists and is another commit: $there, not $commit" 'release a new version; a published tag never moves'
  fi
}

# The release of this tag as JSON; empty if there is none. Drafts are found only in the list.
find_release() {
  api GET "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/releases?per_page=100" |
    jq --compact-output --arg tag "$tag" 'map(select(.tag_name == $tag)) | .[0] // empty'
}

# Uploads to a draft and publishes it when it is complete, so that nobody sees half a release.
release() {
  local release base upload name path digest asset body
  base=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/releases
  release=$(find_release)
  if [[ -z $release ]]; then
    body=$(jq --null-input --arg tag "$tag" --argjson pre "$(is_prerelease && echo true || echo false)" \
      '{tag_name: $tag, name: $tag, draft: true, prerelease: $pre, generate_release_notes: true}')
    release=$(api POST "$base" --header 'Content-Type: application/json' --data-binary "$body")
  fi
  upload=$(jq --raw-output '.upload_url | sub("\\{.*"; "")' <<<"$release")
  for path in "$ASSETS"/*; do
    name=${path##*/}
    digest=sha256:$(sha256sum "$path" | cut -d ' ' -f 1)
    asset=$(jq --compact-output --arg name "$name" '.assets[] | select(.name == $name)' <<<"$release")
    if [[ -n $asset ]]; then
      [[ $(jq --raw-output .digest <<<"$asset") == "$digest" ]] && continue
      [[ $(jq .draft <<<"$release") == true ]] ||
        refuse "$name of the published release $tag has other bytes" 'release a new version; a published file never changes'
      # An upload that was cut off leaves an asset that blocks its name.
      api DELETE "$base/assets/$(jq .id <<<"$asset")"
    fi
    api POST "$upload?name=$name" --header 'Content-Type: application/octet-stream' --data-binary "@$path" >/dev/null
    printf 'uploaded %s\n' "$name"
  done
  if [[ $(jq .draft <<<"$release") == true ]]; then
    local latest=false
    is_newest_of 'v*' && latest=true
    body=$(jq --null-input --arg latest "$latest" '{draft: false, make_latest: $latest}')
    api PATCH "$base/$(jq .id <<<"$release")" --header 'Content-Type: application/json' --data-binary "$body" >/dev/null
    printf 'published %s\n' "$tag"
  else
    printf '%s is published already\n' "$tag"
  fi
}

# Whether this is the highest version, pre-releases left out, of the tags that match a pattern.
is_newest_of() {
  is_prerelease && return 1
  local highest
  highest=$(git ls-remote --refs "$remote" "refs/tags/$1" | cut -f 2 |
    sed -n 's,^refs/tags/\(v[0-9]*\.[0-9]*\.[0-9]*\)$,\1,p' | sort --version-sort | tail -n 1)
  [[ $highest == "$tag" ]]
}

# Moves v1 to this release, unless it is a pre-release or a fix of an older version.
move() {
  local commit there
  if ! is_newest_of "$major.*"; then
    printf '%s stays where it is: %s is a pre-release or not the newest version\n' "$major" "$tag"
    return
  fi
  commit=$(remote_tag "$tag")
  there=$(remote_tag "$major")
  if [[ $there == "$commit" ]]; then
    printf '%s is at %s already\n' "$major" "$tag"
  else
    git fetch --quiet "$remote" "refs/tags/$tag"
    # The lease fails if another run moved the tag meanwhile.
    push --force-with-lease="refs/tags/$major:$there" "$commit:refs/tags/$major"
    printf 'moved %s to %s\n' "$major" "$tag"
  fi
}

case ${1:-} in
verify | pack | tag | release | move) "$1" ;;
*) refuse "unknown step \`${1:-}\`" 'use verify, pack, tag, release or move' ;;
esac
