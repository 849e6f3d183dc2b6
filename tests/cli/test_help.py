"""What `moor --help` and `moor --version` say."""

import pytest
from typer.testing import CliRunner

from moorage import __version__
from moorage.cli import app

_WIDTH = {"COLUMNS": "80"}


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"moor {__version__}\n"


@pytest.mark.parametrize("noun", ["", *(one.name or "" for one in app.registered_groups)])
def test_no_line_of_a_list_of_commands_is_cut_short(noun: str) -> None:
    told = CliRunner().invoke(app, [*noun.split(), "--help"], env=_WIDTH).stdout

    cut = [line for line in told.splitlines() if line.endswith("...") and "Usage" not in line]
    assert cut == []
