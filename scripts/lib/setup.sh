# shellcheck shell=bash
# Sourced by the scripts: installing what is missing, one function for each thing. Nothing here runs by itself.

# Root of the repository, whatever directory the script was called from.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The io_uring backend is built, and tested, where its library is.
[ ! -e /usr/include/liburing.h ] || export RNODE_IOURING=1

say() { printf '\n== %s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

# The oldest toolchain that this is built and tested with.
swift_needed=6.3

# The toolchain is the one thing that is not ours to install; what it needs of Debian 12 is.
need_swift() {
    local advice="Install Swift $swift_needed or newer (https://www.swift.org/install), put its usr/bin on the PATH, and run this again."
    command -v swift >/dev/null || stop "No Swift toolchain was found. $advice"
    # A compiler, a linker and headers for C, and the libraries that swift itself is linked with.
    if command -v dpkg-query >/dev/null; then
        need_packages binutils ca-certificates gcc git libc6-dev libcurl4 libedit2 libgcc-12-dev libncurses6 \
            libsqlite3-0 libstdc++-12-dev libxml2 libz3-4 tzdata zlib1g-dev
    fi
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [ -n "$version" ] || stop "swift --version told no version. $advice"
    [ "$(printf '%s\n' "$swift_needed" "$version" | sort -V | head -n 1)" = "$swift_needed" ] \
        || stop "This is Swift $version. $advice"
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
    # One at a time: two scripts may want something at once, and apt-get does not wait for another.
    (
        flock 9
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    ) 9<"${BASH_SOURCE[0]}"
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
        swift build --package-path "$root" -c release --explicit-target-dependency-import-check error \
            --product "$product"
    done
}

# Where the release binaries are.
release_folder() { swift build --package-path "$root" -c release --show-bin-path; }

# What the formatter looks at.
# shellcheck disable=SC2034
swift_sources=(Package.swift Sources Tests Fuzz Examples)
[ -d "$root/Benchmarks" ] && swift_sources+=(Benchmarks)
true
