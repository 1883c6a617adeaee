# shellcheck shell=bash
# Sourced by the scripts: installing what is missing, one function for each thing. Nothing here runs by itself.

# Root of the repository, whatever directory the script was called from.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '\n== %s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

# The toolchain is the one thing that is not ours to install.
need_swift() {
    command -v swift >/dev/null && return
    stop "No Swift toolchain was found. Install Swift 6.3 or newer (https://www.swift.org/install), put it on the PATH, and run this again."
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        stop "This needs root, or sudo: $*"
    fi
}

# need_packages <Debian package>…: installs those that are not there yet.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || stop "Please install: ${missing[*]}"
    say "Installing ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# need_venv <folder> <requirements.txt>: a virtual environment that holds exactly these, made anew when they change.
# The interpreter is Debian's own: the one that python3-venv, which was just installed, belongs to.
need_venv() {
    local folder=$1 requirements=$2 interpreter=/usr/bin/python3
    [ -x "$interpreter" ] || interpreter=python3
    if ! cmp -s "$requirements" "$folder/installed.txt"; then
        say "Making ${folder#"$root"/}"
        rm -rf "$folder"
        "$interpreter" -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
        cp "$requirements" "$folder/installed.txt"
    fi
}

# build_release <product>…: one invocation takes only one --product.
build_release() {
    local product
    for product in "$@"; do
        say "Building $product (release)"
        swift build --package-path "$root" -c release --product "$product"
    done
}
