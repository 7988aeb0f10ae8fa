#!/usr/bin/env bash
# Runs a command that may be silent for minutes, and says every 20 seconds that it is
# still at work:  scripts/with-progress.sh LABEL COMMAND…
# The exit status is the command's.
set -euo pipefail
label=$1
shift
begun=$SECONDS
# The sleeper must not hold the output open: a reader would wait for it at the end.
(
    while sleep 20 >/dev/null 2>&1; do
        elapsed=$((SECONDS - begun))
        printf '  … %s, %d min %02d s so far\n' "$label" $((elapsed / 60)) $((elapsed % 60))
    done
) &
heartbeat=$!
trap 'kill "$heartbeat" 2>/dev/null || true' EXIT
printf '%s\n' "${label^}: $*"
"$@"
elapsed=$((SECONDS - begun))
printf 'Done %s in %d min %02d s.\n' "$label" $((elapsed / 60)) $((elapsed % 60))
