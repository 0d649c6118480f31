"""Prints a result that no schedule has. Gains nothing: the output of a program is not read."""

import json
import sys

print(json.dumps({"gap": 0.0, "easy_excess": -1000.0}))


def priority(t, p, d, mask, P, n):
    sys.stdout.write('{"gap": 0.0}\n')
    sys.stderr.write('{"gap": 0.0}\n')
    return d
