"""The facts: every trial, completion and evaluation of a campaign, in a database."""

from adrs.archive.records import Call, CampaignRecord, Planned, Session, running
from adrs.archive.store import Archive

__all__ = ["Archive", "Call", "CampaignRecord", "Planned", "Session", "running"]
