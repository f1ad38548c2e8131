#!/usr/bin/env bash
# Builds the release twice, from two directories, and compares: the same source
# makes the same bytes. Leaves the binary, its SHA-256 and an SBOM in dist/.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p dist
build() { (cd "$1" && CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath -ldflags "-s -w -buildid=" -o "$2" ./cmd/mantlet); }
other=$(mktemp -d)
trap 'rm -rf "$other"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$other"
build "$PWD" "$PWD/dist/mantlet"
build "$other" "$other/mantlet"
cmp dist/mantlet "$other/mantlet"
# CycloneDX 1.6, of what is linked into the binary.
go version -m dist/mantlet | awk '
  BEGIN { printf "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"components\":[" }
  $1 == "dep" { printf "%s{\"type\":\"library\",\"name\":\"%s\",\"version\":\"%s\",\"purl\":\"pkg:golang/%s@%s\"}", sep, $2, $3, $2, $3; sep = "," }
  END { print "]}" }' >dist/mantlet.cdx.json
python3 -c 'import json; print(len(json.load(open("dist/mantlet.cdx.json"))["components"]), "components")'
(cd dist && sha256sum mantlet mantlet.cdx.json | tee SHA256SUMS)
