#!/usr/bin/env bash
# Checks that etcd is here, which only an alliance of several nodes needs. As root it
# installs Debian's packages; anyone else gets the command that does.
set -euo pipefail
command -v etcd >/dev/null && command -v etcdctl >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "etcd is missing: sudo apt-get install --yes etcd-server etcd-client" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# Its own service is not wanted: the alliance brings its configuration.
apt-get -qq install --yes --no-install-recommends etcd-server etcd-client >/dev/null
