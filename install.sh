#!/bin/sh
# Installs fargate-pipeline: downloads the program for this machine, verifies its SHA-256, and puts it into a
# directory. It never uses sudo, and changes nothing else.
#
# Usage: install.sh [--version VERSION] [--directory DIRECTORY] [--sha256 SHA256] [--url URL]
set -eu

help() {
    cat <<'END'
Installs fargate-pipeline for this machine.

Usage: install.sh [OPTIONS]

  --version VERSION      release to install, e.g. 1.0.0 [default: the newest]
                         [env: FARGATE_PIPELINE_VERSION]
  --directory DIRECTORY  where to install [default: /usr/local/bin as root,
                         else ~/.local/bin] [env: FARGATE_PIPELINE_DIRECTORY]
  --sha256 SHA256        expected checksum of the program [default: the one in
                         the release's SHA256SUMS]
                         [env: FARGATE_PIPELINE_SHA256]
  --url URL              directory with the files of the release, e.g. a mirror
                         [env: FARGATE_PIPELINE_URL]

It requires curl or wget, and sha256sum or shasum.
END
}

# Ends with an error: fail EXIT-CODE MESSAGE HINT. The exit codes are those of fargate-pipeline.
fail() {
    printf 'error: %s\nhint: %s\n' "$2" "$3" >&2
    exit "$1"
}

# Downloads a URL into a file.
download() {
    if command -v curl >/dev/null; then
        case $1 in
        https:*) protocols='=https' ;;
        *) protocols='=http,https' ;;
        esac
        curl --fail --silent --show-error --location --proto "$protocols" --proto-redir "$protocols" \
            --connect-timeout 30 --retry 3 --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$1"
    else
        fail 2 'neither curl nor wget is installed' 'install one of them'
    fi || fail 9 "cannot download $1" 'check the version and the network, or set --url to a mirror'
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 <"$1"
    else
        fail 2 'neither sha256sum nor shasum is installed' 'install one of them'
    fi | cut -d ' ' -f 1
}

# Everything is in a function that the last line calls, so that a script that was cut off does nothing.
main() {
    version=${FARGATE_PIPELINE_VERSION:-}
    directory=${FARGATE_PIPELINE_DIRECTORY:-}
    expected=${FARGATE_PIPELINE_SHA256:-}
    url=${FARGATE_PIPELINE_URL:-}
    while [ $# -gt 0 ]; do
        case $1 in
        --help | -h)
            help
            exit 0
            ;;
        --version | --directory | --sha256 | --url)
            [ $# -ge 2 ] || fail 2 "$1 has no value" 'run install.sh --help'
            case $1 in
            --version) version=$2 ;;
            --directory) directory=$2 ;;
            --sha256) expected=$2 ;;
            --url) url=$2 ;;
            esac
            shift 2
            ;;
        *) fail 2 "unknown option $1" 'run install.sh --help' ;;
        esac
    done
    version=${version#v}
    case $version in
    *[!0-9A-Za-z.-]*) fail 2 "\`$version\` is not a version" 'enter it as 1.0.0' ;;
    esac
    releases=https://github.com/fargate-pipeline/fargate-pipeline/releases
    if [ -z "$url" ]; then
        url=$releases/latest/download
        [ -z "$version" ] || url=$releases/download/v$version
    fi
    if [ -z "$directory" ]; then
        directory=/usr/local/bin
        [ "$(id -u)" = 0 ] || directory=${HOME:?}/.local/bin
    fi

    system=$(uname -s)
    machine=$(uname -m)
    case $system-$machine in
    Linux-x86_64 | Linux-amd64) platform=x86_64-linux ;;
    Linux-aarch64 | Linux-arm64) platform=aarch64-linux ;;
    *)
        fail 2 "there is no program for $system on $machine" \
            'there are programs for Linux on x86_64 and aarch64; build it with: cargo build --release --package fargate-pipeline'
        ;;
    esac
    name=fargate-pipeline-$platform

    if ! mkdir -p "$directory" 2>/dev/null || [ ! -w "$directory" ]; then
        fail 4 "you may not write to $directory" 'set --directory to a directory of yours, e.g. ~/bin'
    fi
    # In the same directory, so that the last step replaces an installed program at once or not at all.
    scratch=$(mktemp -d "$directory/.fargate-pipeline.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM

    if [ -z "$expected" ]; then
        download "$url/SHA256SUMS" "$scratch/SHA256SUMS"
        expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$scratch/SHA256SUMS")
        [ -n "$expected" ] || fail 3 "$url/SHA256SUMS does not list $name" 'check --url and --version'
    fi
    case $expected in
    *[!0-9a-f]*) fail 2 "\`$expected\` is not a SHA-256" 'enter 64 hexadecimal digits in lower case' ;;
    esac
    download "$url/$name" "$scratch/$name"
    found=$(sha256 "$scratch/$name")
    [ "$found" = "$expected" ] ||
        fail 5 "$name has the SHA-256 $found, not $expected" \
            'nothing was installed; the download was cut off or altered: run this again, or report it if it repeats'

    chmod 755 "$scratch/$name"
    installed=$("$scratch/$name" version) ||
        fail 5 "$name does not run on this machine" 'nothing was installed; report it with the output of uname -a'
    if [ -n "$version" ] && [ "$installed" != "fargate-pipeline $version" ]; then
        fail 5 "$url contains $installed, not version $version" 'nothing was installed; check --url and --version'
    fi
    mv -f "$scratch/$name" "$directory/fargate-pipeline"
    printf 'installed %s in %s\n' "$installed" "$directory"
    printf 'verified SHA-256 %s\n' "$found"
    printf 'To verify who built it: gh attestation verify %s/fargate-pipeline --repo fargate-pipeline/fargate-pipeline\n' \
        "$directory"
    case :$PATH: in
    *:"$directory":*) ;;
    *) printf 'To use it, add %s to PATH.\n' "$directory" ;;
    esac
}

main "$@"
