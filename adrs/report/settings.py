"""The settings of a campaign, what each means and where it comes from."""

from dataclasses import dataclass

from adrs.config import CampaignConfig, Resolved, Setting, toml


@dataclass(frozen=True)
class Described:
    """One setting; its value is None where it is not set."""

    name: str
    value: Setting
    origin: str
    meaning: str

    def toml(self) -> str:
        """Return the setting as a line of TOML; commented out where it is not set."""
        if self.value is None:
            return f"# {self.name} ="
        if isinstance(self.value, dict):
            inner = ", ".join(f"{name} = {toml(value)}" for name, value in self.value.items())
            return f"{self.name} = {{{inner}}}"
        return f"{self.name} = {toml(self.value)}"


def settings(resolved: Resolved) -> list[Described]:
    """Return every setting; a problem that is empty is not set."""
    values = resolved.config.model_dump() | {"problem": resolved.config.problem or None}
    fields = CampaignConfig.model_fields
    origins = {name: resolved.origins[name] if values[name] is not None else "not set" for name in values}
    return [
        Described(name, value, origins[name], " ".join((fields[name].description or "").split()))
        for name, value in values.items()
    ]
