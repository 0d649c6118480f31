"""Audits in the archive: events of the kind `audited`; of several of one trial, the last counts."""

from typing import Any

from adrs.archive import Archive
from adrs.config import CampaignConfig
from adrs.evaluating.audit import auditable
from adrs.evaluation import Audit, Finding
from adrs.problem import Problem
from adrs.randomness import derive

_KIND = "audited"


def audits(archive: Archive) -> dict[int, Audit]:
    """Return the last audit of each trial that was audited."""
    return {data["trial"]: audit_of(data) for _, _, data in archive.events(_KIND)}


def required(config: CampaignConfig, problem: Problem) -> bool:
    """Return whether only audited trials are promoted."""
    return config.audit and auditable(problem)


def record(archive: Archive, number: int, audit: Audit, *, due: bool = False) -> None:
    """Note what the audit of a trial found, and after how many evaluations.

    Args:
        archive: Where to.
        number: The trial.
        audit: What was found.
        due: Whether the campaign itself made it; a person asked for it otherwise.
    """
    facts = {"trial": number, "after": archive.counts()[1], "due": due}
    archive.add_event(_KIND, {**facts, **audit_json(audit)})


def key(archive: Archive, number: int) -> int:
    """Return what the next audit of a trial draws from: the same whenever it is made, and another for each."""
    before = sum(data["trial"] == number for _, _, data in archive.events(_KIND))
    return derive(int(archive.record().config["seed"]), number, "audit", before).getrandbits(64)


def audit_json(audit: Audit) -> dict[str, Any]:
    """Return an audit as plain data."""
    findings = [{"cause": finding.cause, "message": finding.message} for finding in audit.findings]
    return {"passed": audit.passed, "split": audit.split, "findings": findings, "seconds": audit.seconds}


def audit_of(data: Any) -> Audit:
    """Return the audit that an event tells of."""
    findings = tuple(Finding(finding["cause"], finding["message"]) for finding in data["findings"])
    return Audit(data["split"], findings, data["seconds"])
