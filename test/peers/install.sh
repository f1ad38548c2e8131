#!/usr/bin/env bash
# Installs what the tests speak with, into .cache: a Node 22, the official
# conformance suite, real MCP servers and the official TypeScript SDK from npm, and
# the official Go SDK's conformance server. Nothing is installed twice. On a fresh
# Debian it first fetches a C compiler (for the race detector), npm and a browser.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=$PWD/.cache
mkdir -p "$cache/bin"

need() {
  command -v "$1" >/dev/null 2>&1 && return
  command -v apt-get >/dev/null 2>&1 || { echo "install $1 first: there is no apt-get here" >&2; exit 1; }
  apt-get -qq update && apt-get -qq install -y "$2" >/dev/null
}
need gcc gcc
need npm npm
need python3 python3
if command -v apt-get >/dev/null 2>&1; then
  need chromium chromium
elif ! command -v chromium >/dev/null 2>&1; then
  echo "no chromium and no apt-get here: the tests with a browser will be skipped" >&2
fi

if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null 2>&1; then
  if command -v apt-get >/dev/null 2>&1; then
    need initdb postgresql
  else
    echo "no PostgreSQL and no apt-get here: the tests of its store will be skipped" >&2
  fi
fi

if [ ! -x /usr/bin/c-icap ] || ! ls /usr/lib/*/c_icap/srv_content_filtering.so >/dev/null 2>&1; then
  if command -v apt-get >/dev/null 2>&1; then
    apt-get -qq update && apt-get -qq install -y c-icap libc-icap-mod-contentfiltering >/dev/null
  else
    echo "no c-icap and no apt-get here: the tests with a scanner will be skipped" >&2
  fi
fi

if [ ! -e /usr/share/unicode/BidiCharacterTest.txt ] || [ ! -e /usr/lib/python3/dist-packages/confusable_homoglyphs/confusables.json ]; then
  if command -v apt-get >/dev/null 2>&1; then
    apt-get -qq update && apt-get -qq install -y unicode-data python3-confusable-homoglyphs >/dev/null
  else
    echo "no files of Unicode and no apt-get here: the tests with them will be skipped" >&2
  fi
fi

packages() { # FOLDER PACKAGE.JSON [OPTION]
  local stamp=$cache/$1/.installed want
  want=$(cksum "$2")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  mkdir -p "$cache/$1"
  cp "$2" "$cache/$1/package.json"
  (cd "$cache/$1" && npm install --no-audit --no-fund --no-package-lock --loglevel=error ${3:-})
  echo "$want" >"$stamp"
}
packages npm test/peers/package.json
packages before test/peers/before/package.json
packages vulnerable test/peers/vulnerable/package.json --ignore-scripts
[ -x "$cache/bin/everything-server" ] ||
  GOBIN=$cache/bin go install github.com/modelcontextprotocol/go-sdk/conformance/everything-server@v1.8.0
# the MCP registry's source: its schemas, OpenAPI and seeds judge internal/trust/listing
(cd / && go mod download github.com/modelcontextprotocol/registry@v1.8.9)
