"""A proposer that needs no language model: it edits the syntax tree of the parent program.

It knows nothing of any problem. What it does know is which kinds of values expressions have (`kinds`, `inference`,
`hints`), so that most of its children run, and a handful of ways to change a program (`constants`, `operators`,
`terms`, `statements`, `crossover`). It is the default where no model is configured, and the baseline that tells
whether a language model earns its price.
"""

from adrs.proposing.mutator.mutator import Mutator

__all__ = ["Mutator"]
