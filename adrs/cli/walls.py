"""`adrs sandbox`: the image that candidates run in."""

from pathlib import Path

import click

from adrs.cli.output import json_option, print_json


@click.group(name="sandbox")
def command() -> None:
    """Build the image that candidates run in."""


@command.command()
@click.option("--base", help="The image to build on, instead of python:3.12-slim.")
@click.option(
    "--rootfs", type=click.Path(path_type=Path), help="A root file system (tar) to build on; no registry needed."
)
@json_option
def build(base: str | None, rootfs: Path | None, as_json: bool) -> None:
    """Build the image from sandbox/Dockerfile; it is tagged by its content, and found by `adrs run`."""
    from adrs.sandbox import images

    tag = images.build(base=base, rootfs=rootfs)
    if as_json:
        print_json({"image": tag})
    else:
        click.echo(tag)
