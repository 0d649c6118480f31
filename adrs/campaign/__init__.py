"""A campaign: problem, search, proposer, evaluator, archive and budget, in a folder of `runs/`."""
