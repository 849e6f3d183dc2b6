"""Each shipped app, held against the rules that a stranger's has to keep."""

import pytest

from moorage.catalog import parse, project, service
from moorage.catalog.app import App
from moorage.catalog.judge import judge
from moorage.compose.tool import ComposeTool
from tests.catalog.judged import errors

every_app = pytest.mark.parametrize("app", service.load().list("app"), ids=lambda app: app.name)


@every_app
@pytest.mark.anyio
async def test_it_needs_nothing_of_the_server(app: App) -> None:
    verdict = await judge(app.folder, ComposeTool())

    assert errors(verdict) == []


@every_app
def test_each_of_its_variables_is_asked_for_generated_or_has_a_default(app: App) -> None:
    documents = project.read(app.folder).documents["compose.yaml"]
    known = {*app.questions.get("properties", {}), *app.secrets, *app.values}

    unknown = {use.name for use in parse.variables(documents) if use.default is None} - known
    unused = known - {use.name for use in parse.variables(documents)}

    assert (unknown, unused) == (set(), set())


def test_whoever_reaches_the_database_of_an_app_is_told_how_to_log_in() -> None:
    with_database = [
        app for app in service.load().list("app") if app.database and app.database.service == "db"
    ]

    assert len(with_database) == 8
    assert {app.show for app in with_database} == {("DB_USER", "DB_PASSWORD")}


@every_app
def test_what_it_is_built_from_is_there(app: App) -> None:
    folders = [app.folder / one.build for one in app.images.values() if one.build]
    bases = [app.folder.parent / one.base for one in app.images.values() if one.base]

    assert [str(one) for one in (*folders, *bases) if not (one / "Dockerfile").is_file()] == []
