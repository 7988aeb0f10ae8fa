#!/usr/bin/env bash
# Regenerates Sources/KoinonProtocol/Generated and Sources/KoinonEtcd/Generated from
# Protos/. Only needed after a
# change to a .proto file; needs protoc (Debian: protobuf-compiler) and
# protoc-gen-swift on the PATH or named by PROTOC_GEN_SWIFT.
set -euo pipefail
cd "$(dirname "$0")/.."
plugin=${PROTOC_GEN_SWIFT:-$(command -v protoc-gen-swift || true)}
if [ -z "$plugin" ]; then
  echo "protoc-gen-swift not found. Build it in a checkout of swift-protobuf:" >&2
  echo "  swift build -c release --product protoc-gen-swift" >&2
  echo "and run again with PROTOC_GEN_SWIFT=/path/to/protoc-gen-swift" >&2
  exit 1
fi
out=Sources/KoinonProtocol/Generated
rm -rf "$out"; mkdir -p "$out"
protoc --plugin=protoc-gen-swift="$plugin" -I Protos \
  --swift_opt=Visibility=Public --swift_opt=FileNaming=DropPath --swift_out="$out" \
  Protos/koinon/v1/*.proto
scripts/generate-json-table.py
etcd=Sources/KoinonEtcd/Generated
rm -rf "$etcd"; mkdir -p "$etcd"
protoc --plugin=protoc-gen-swift="$plugin" -I Protos \
  --swift_opt=FileNaming=DropPath --swift_out="$etcd" Protos/etcd/etcd.proto
ls "$out" "$etcd"
