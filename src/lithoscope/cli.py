"""The `lithoscope` command: parses, calls pipelines, prints. Nothing is computed here."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from lithoscope import __version__
from lithoscope.domain.errors import LithoscopeError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A public, verifiable inventory of tailings facilities, abandoned mines and marine sand dredging.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder where releases live.")]


def say(document: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print the document, or the text for people."""
    print(json.dumps(document, ensure_ascii=False, indent=None) if as_json else text)


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A public, verifiable inventory of tailings facilities, abandoned mines and marine sand dredging."""
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; the exit status is 0, 2 for bad input, 130 if interrupted, 1 for a defect."""
    try:
        status = app(standalone_mode=False) or 0
    except LithoscopeError as error:
        print(error, file=sys.stderr)
        status = error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; the last release is untouched", file=sys.stderr)
        status = 130
    except TyperException as error:
        print(f"lithoscope: {error}; see lithoscope --help", file=sys.stderr)
        status = 2
    sys.exit(status)
