"""The facts: every trial, completion and evaluation of a campaign, in a database."""

from adrs.archive.lease import LeaseLost, running
from adrs.archive.records import Call, CampaignRecord, Planned, Session
from adrs.archive.states import TrialState
from adrs.archive.store import Archive

__all__ = ["Archive", "Call", "CampaignRecord", "LeaseLost", "Planned", "Session", "TrialState", "running"]
