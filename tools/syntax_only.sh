#!/usr/bin/env bash
# Compiler launcher of the preset `syntax`: checks a file and leaves an empty object, so that the
# build system looks only at what changed.  A precompiled header is compiled as it is.
set -euo pipefail
args=("$@")
out=
for ((i = 0; i < ${#args[@]}; i++)); do
  [[ ${args[i]} == -o ]] && out=${args[i + 1]}
done
[[ $out == *.o ]] || exec "$@"
"$@" -fsyntax-only
: >"$out"
