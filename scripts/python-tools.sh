#!/usr/bin/env bash
# Gives tests the Python packages that Debian does not hold: schemathesis, which tries the
# interface as docs/openapi.yaml describes it, selenium, which drives browsers, and one that
# carries axe-core's rules of accessibility, of which nothing else is used. They go into
# .build/python, where scripts/find-python.sh looks first; nothing else is changed.
# Without them, or without a network, those tests are skipped and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(schemathesis==4.32.5 selenium==4.51.0 cryptography)
folder=.build/python
python=$(scripts/find-python.sh)
if "$python" -c 'import importlib.util, schemathesis, selenium
assert importlib.util.find_spec("axe_playwright_python")' 2>/dev/null; then exit 0; fi
"$python" -m venv --system-site-packages "$folder"
"$folder/bin/python3" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
"$folder/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps \
    axe-playwright-python==0.1.8
