"""Prints one JSON object: how long customers wait beyond the shortest queue."""

import importlib.util
import json
import sys
import traceback


def main(program_path, data):
    spec = importlib.util.spec_from_file_location("program", program_path)
    program = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(program)
        with open(data) as file:
            arrivals = json.load(file)
        regrets = [waiting[program.choose(list(waiting))] - min(waiting) for waiting in arrivals]
    except Exception as error:
        trouble = {"error": str(error), "traceback": traceback.format_exc()}
        print(
            json.dumps(
                {"status": "error", "combined_score": 0.0, "metrics": {"combined_score": 0.0}, "artifacts": trouble}
            )
        )
        return
    regret = sum(regrets) / len(regrets)
    score = 1 / (1 + regret)
    print(
        json.dumps(
            {
                "status": "success",
                "combined_score": score,
                "metrics": {"combined_score": score, "regret": regret, "worst": max(regrets)},
                "artifacts": {
                    "hint": f"{sum(regret > 0 for regret in regrets)} of {len(regrets)} joined a longer queue"
                },
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
