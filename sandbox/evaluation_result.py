"""A stand-in: what evaluators return where the framework that they were written for is not installed.

Put inside the wall as `openevolve.evaluation_result` and `skydiscover.evaluation.evaluation_result`.
"""

from dataclasses import dataclass, field
from typing import Any

EVALUATION_FAILED_METRIC = "__evaluation_failed__"


@dataclass
class EvaluationResult:
    """Figures by name, and anything else that a model might learn from."""

    metrics: dict[str, Any]
    artifacts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, metrics: dict[str, Any]) -> "EvaluationResult":
        """Return a result without artifacts."""
        return cls(metrics=metrics)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures alone."""
        return self.metrics

    def has_artifacts(self) -> bool:
        """Return whether there are artifacts."""
        return bool(self.artifacts)

    def get_artifact_keys(self) -> list[str]:
        """Return the names of the artifacts."""
        return list(self.artifacts)

    def get_artifact_size(self, key: str) -> int:
        """Return the bytes of one artifact; 0 if there is none of this name."""
        value = self.artifacts.get(key, b"")
        return len(value if isinstance(value, bytes) else str(value).encode())

    def get_total_artifact_size(self) -> int:
        """Return the bytes of all artifacts."""
        return sum(self.get_artifact_size(key) for key in self.artifacts)
