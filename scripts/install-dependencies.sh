#!/usr/bin/env bash
# Checks that everything the build and the tests need is there. Silent when it is.
# As root it installs the missing Debian packages; anyone else gets the one command
# that does. Each need is tested by what it provides, not by package name, so that a
# library that came by another way counts as well.
set -euo pipefail
cd "$(dirname "$0")/.."

minimum_swift=6.2
missing=()

# need PACKAGE COMMAND…: the package is missing when the command fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

# Swift comes as an archive without package dependencies: these are the shared
# libraries of Debian that its own programs load.
need_for_swift() {
    local tools library
    swift build --version >/dev/null 2>&1 && return
    tools=$(dirname "$(readlink -f "$(command -v swift)")")
    for library in $(ldd "$tools/swift-build" "$tools/swift-frontend" 2>/dev/null \
        | awk '/not found/ { print $1 }' | sort -u); do
        case $library in
            libcurl.so.4) missing+=(libcurl4) ;;
            libxml2.so.2) missing+=(libxml2) ;;
            libncurses.so.6) missing+=(libncurses6) ;;
            libtinfo.so.6) missing+=(libtinfo6) ;;
            libedit.so.2) missing+=(libedit2) ;;
            libsqlite3.so.0) missing+=(libsqlite3-0) ;;
            libstdc++.so.6) missing+=(libstdc++6) ;;
            libz.so.1) missing+=(zlib1g) ;;
            libuuid.so.1) missing+=(libuuid1) ;;
        esac
    done
}

refuse() {
    printf '%s\n' "$@" >&2
    exit 1
}

command -v swift >/dev/null || refuse \
    "Swift $minimum_swift or later is needed and was not found on the PATH." \
    "Install it as https://www.swift.org/install/linux says, then run this again."

need git command -v git
need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
need curl command -v curl
need g++ sh -c 'command -v ld && ls /usr/include/c++/*/iostream /usr/lib/gcc/*/*/crtbegin.o'
need libc6-dev sh -c 'ls /usr/include/stdio.h'
need pkg-config command -v pkg-config
need libsodium-dev pkg-config --exists libsodium
need libjemalloc-dev pkg-config --exists jemalloc
need libsqlite3-dev pkg-config --exists sqlite3
need zlib1g-dev pkg-config --exists zlib
need tzdata test -s /usr/share/zoneinfo/Europe/Berlin
if ! scripts/find-python.sh >/dev/null; then
    missing+=(python3 python3-cryptography)
fi
need_for_swift

if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || refuse \
        "Missing, by their names in Debian: ${missing[*]}" \
        "There is no apt-get here: install them as your system does, then run this again."
    if [ "$(id -u)" -ne 0 ]; then
        refuse "Some Debian packages are missing. Install them with this command, then go on:" "" \
            "    sudo apt-get update && sudo apt-get install --yes ${missing[*]}" ""
    fi
    echo "Installing missing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
    scripts/find-python.sh >/dev/null || refuse \
        "python3 and python3-cryptography are installed, but no python3 here can use them." \
        "Name one that imports zoneinfo and cryptography in the variable KOINON_PYTHON."
fi

swift --version >/dev/null || refuse "Swift does not run here; its own message stands above."
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
if [ "$(printf '%s\n' "$minimum_swift" "${version:-0}" | sort -V | head -n 1)" != "$minimum_swift" ]
then
    refuse "Swift $minimum_swift or later is needed; this is Swift ${version:-of an unknown version}." \
        "Install a newer one as https://www.swift.org/install/linux says, then run this again."
fi
