#!/usr/bin/env bash
# Creates links of one kind, one per line of a file: the id of the left record, a tab, the id of the right record.
#
#   LINKGRAPH_KEY=sk_… scripts/bulklink.sh PRODUCT_SALES_CHANNEL pairs.tsv
#
# Each batch is all or nothing, and creating a link again changes nothing, so the same file can be run again after an
# error. LINK is a value of the enum LinkName of the schema. Needs bash 4.4, curl 7.66 and jq 1.6.
set -euo pipefail

usage() {
  echo "usage: LINKGRAPH_KEY=sk_… ${0##*/} LINK FILE.tsv" >&2
  echo "LINKGRAPH_URL is where the API is, BATCH how many links one call makes (1000; 10000 at most)." >&2
  exit 2
}

[ $# -eq 2 ] || usage
link=$1
file=$2
url=${LINKGRAPH_URL:-http://127.0.0.1:8080/graphql}
batch=${BATCH:-1000}
: "${LINKGRAPH_KEY:?is empty; it is a secret key, sk_…}"
[[ $batch =~ ^[1-9][0-9]*$ ]] || usage
for tool in curl jq; do
  command -v "$tool" >/dev/null || { echo "${0##*/}: needs $tool" >&2; exit 1; }
done
[ -r "$file" ] || { echo "${0##*/}: cannot read $file" >&2; exit 1; }

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# All lines are checked before anything is written.
if ! awk -F '\t' '
  { sub(/\r$/, "") }
  NF != 2 || $1 == "" || $2 == "" { print "line " NR ": not two ids with a tab between them"; bad = 1 }
  END { exit bad }' "$file" >&2; then
  exit 1
fi

# requests prints a line per batch: the number of its first line in the file, a tab, and the JSON to send.
requests() {
  jq -Rnr --arg link "$link" --argjson size "$batch" '
    "mutation ($links: [LinkInput!]!) { createLinks(links: $links) { results { outcome } } }" as $query
    | [inputs | rtrimstr("\r") | split("\t") | { link: $link, ends: { left: .[0], right: .[1] } }] as $all
    | range(0; $all | length; $size) as $from
    | "\($from + 1)\t\({ query: $query, variables: { links: $all[$from:$from + $size] } } | tojson)"' "$file"
}

# send posts standard input and prints the status. The key is passed by a file descriptor, because other users can read
# arguments. If the API is unavailable or overloaded, curl retries after Retry-After, or with growing pauses.
send() {
  curl --silent --show-error --output "$answer" --write-out '%{http_code}' --max-time 120 \
    --retry 5 --retry-connrefused --header @<(printf 'Authorization: Bearer %s\n' "$LINKGRAPH_KEY") \
    --header 'Content-Type: application/json' --data-binary @- "$url"
}

# fail prints the message of the API, the line of the file, and what was done before.
fail() {
  local first=$1 status=$2
  jq -r --argjson first "$first" --arg status "$status" '
    .errors[]? | "line \($first + (.extensions.index // 0))"
      + (if .extensions.index == null then " and those after it" else "" end)
      + ": status \($status), \(.extensions.code): \(.message)"' "$answer" >&2 2>/dev/null \
    || echo "line $first and those after it: status $status, and no answer of the API" >&2
  summary
  exit 1
}

declare -A outcomes=()
done=0
lines=$(awk 'END { print NR }' "$file")
summary() {
  local outcome counts=
  for outcome in "${!outcomes[@]}"; do counts+=", ${outcomes[$outcome]} $outcome"; done
  echo "$done of $lines lines are linked${counts:+: ${counts#, }}"
}

while IFS=$'\t' read -r first body; do
  status=$(send <<<"$body") || fail "$first" "${status:-none}"
  if [ "$status" != 200 ] || ! jq -e '.data.createLinks.results and (.errors | not)' "$answer" >/dev/null 2>&1; then
    fail "$first" "$status"
  fi
  while read -r count outcome; do
    outcomes[$outcome]=$((${outcomes[$outcome]:-0} + count))
    done=$((done + count))
  done < <(jq -r '.data.createLinks.results[].outcome' "$answer" | sort | uniq -c)
done < <(requests)
summary
[ "$done" -eq "$lines" ]
