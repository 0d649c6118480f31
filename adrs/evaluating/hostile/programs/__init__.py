"""The programs, by what they are up to."""

from adrs.evaluating.hostile.hostile import Hostile
from adrs.evaluating.hostile.programs.answers import ANSWERS
from adrs.evaluating.hostile.programs.deaths import DEATHS
from adrs.evaluating.hostile.programs.escapes import ESCAPES
from adrs.evaluating.hostile.programs.exhaustion import EXHAUSTION
from adrs.evaluating.hostile.programs.forgeries import FORGERIES
from adrs.evaluating.hostile.programs.hangs import HANGS
from adrs.evaluating.hostile.programs.network import NETWORK
from adrs.evaluating.hostile.programs.spies import SPIES
from adrs.evaluating.hostile.programs.tampering import TAMPERING

PROGRAMS: tuple[Hostile, ...] = (
    *HANGS,
    *EXHAUSTION,
    *ESCAPES,
    *SPIES,
    *NETWORK,
    *DEATHS,
    *FORGERIES,
    *ANSWERS,
    *TAMPERING,
)
