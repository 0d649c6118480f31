"""The machine and the image that a session runs on: noted, and told, where they are others than before."""

from dataclasses import asdict

from adrs.archive import Archive
from adrs.config import Written
from adrs.events import Listener, Notice
from adrs.hardware import Hardware, read_hardware


def note_hardware(archive: Archive, listener: Listener, *, timed: bool) -> None:
    """Note a machine other than that of the session before, and say so where speed is scored."""
    known, now = _last_hardware(archive), read_hardware()
    if now == known:
        return
    archive.add_event("hardware", asdict(now))
    if known is not None and timed:
        changes = ", ".join(known.changes(now))
        listener(Notice(f"times that were measured earlier in this run do not compare: another machine ({changes})"))


def note_image(archive: Archive, listener: Listener, image: str) -> None:
    """Note and tell that candidates run on another image than in the session before; on none, if empty."""
    known = _last_image(archive)
    if image == known:
        return
    archive.add_event("image", {"image": image})
    if known is not None:
        listener(
            Notice(
                f"candidates run {_on(image)} now, and ran {_on(known)} earlier in this run: results may differ by the"
                " versions of Python and of libraries"
            )
        )


def _on(image: str) -> str:
    return f"on the image {image.removeprefix('sha256:'):.12}" if image else "without an image"


def _last_image(archive: Archive) -> str | None:
    """Return the image of the session before; None where adrs did not record it yet."""
    events = archive.events("image")
    if events:
        return str(events[-1][2]["image"])
    written = Written.model_validate(archive.record().written)
    return written.image if written.image or written.sandbox == "local" else None


def _last_hardware(archive: Archive) -> Hardware | None:
    events = archive.events("hardware")
    if events:
        return Hardware(**events[-1][2])
    return Written.model_validate(archive.record().written).hardware
