#!/usr/bin/env bash
# Prints the path of a Python that runs the project's examples: 3.9 or later (for
# zoneinfo) with the package "cryptography". The python3 first on the PATH may be one
# that Debian's packages do not serve (pyenv, conda), so each candidate is asked; first
# the one that scripts/python-tools.sh has made.
# Exits 1, printing nothing, when there is none.
set -euo pipefail
own=$(cd "$(dirname "$0")/.." && pwd)/.build/python/bin/python3
for candidate in "${KOINON_PYTHON:-}" "$own" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && path=$(command -v "$candidate") \
        && "$path" -c 'import zoneinfo, cryptography.hazmat.primitives.asymmetric.ed25519' \
            2>/dev/null; then
        printf '%s\n' "$path"
        exit 0
    fi
done
exit 1
