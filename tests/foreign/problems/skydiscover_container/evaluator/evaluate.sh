#!/usr/bin/env bash
set -euo pipefail

PROGRAM="$1"
MODE="${2:-train}"

echo "evaluating in mode $MODE" >&2
echo "started" >> /tmp/eval.log
python /benchmark/evaluator.py "$PROGRAM" "/benchmark/data/$MODE.json"
