#!/usr/bin/env bash
# Writes the pages of docs/ that come from the records of a binary: gen_docs.sh HASTEN [DIR]
set -euo pipefail
hasten=${1:?must be the binary to ask}
docs=${2:-$(dirname "${BASH_SOURCE[0]}")/../docs}
for page in commands ops zoo; do
  text=$("$hasten" docs "$page")
  printf '%s\n' "$text" >"$docs/$page.md"
done
