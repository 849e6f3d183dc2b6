"""Apps as data: the block `x-moorage`, and what an order may set."""

import json
from pathlib import Path

import pytest

from moorage.catalog import answers, service
from moorage.catalog.app import App
from moorage.catalog.fields import built
from moorage.catalog.settling import settle
from moorage.kit.errors import Invalid, NotFound
from moorage.kit.i18n import language, translated

SHOP = """
services:
  shop:
    image: shop:${MOORAGE_VERSION:-2.1}
    environment: {TITLE: "${TITLE:-Shop}", PASSWORD: "${ADMIN_PASSWORD:?generated}"}
  db: {image: "postgres:17.6"}
volumes: {files: {}, db: {}}
x-moorage:
  kind: app
  title: Shop
  description: Sells things.
  category: web shop
  website: https://shop.example
  versions: ["2.1", "2.0"]
  needs: {memory_mib: 512, disk_mib: 1000}
  main: {service: shop, port: 3000}
  database: {service: db, port: 5432}
  images:
    shop: {build: debian, suite: trixie, version: "2.1"}
    db: {blueprint: postgres}
  questions:
    type: object
    properties:
      TITLE: {type: string, minLength: 1, default: Shop, title: Title}
      PAGES: {type: integer, minimum: 1}
      OPEN: {type: boolean}
      MAIL: {type: string, format: email}
  secrets: [ADMIN_PASSWORD]
  show: [ADMIN_PASSWORD]
  values: {REGION: here}
  login: {user: admin, password: ADMIN_PASSWORD}
  ready: {path: /login, status: [200], contains: Shop, timeout_s: 60}
  backup:
    dump: {service: db, command: [pg_dump, -U, shop], restore: [psql, -U, $$USER]}
    volumes: [files]
"""


def make_app(root: Path, text: str = SHOP) -> App:
    folder = root / "app" / "shop"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(text)
    return service.load([root]).app("shop")


def test_an_app_is_one_folder_of_data(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    assert (app.kind, app.services, app.volumes) == ("app", ("shop", "db"), ("files", "db"))
    assert app.main is not None
    assert (app.main.port, app.main.scheme) == (3000, "http")
    assert app.backup.dump is not None
    assert app.backup.dump.restore == ("psql", "-U", "$USER")


def test_a_catalogue_holds_databases_and_apps_by_one_name_each(tmp_path: Path) -> None:
    make_app(tmp_path)

    catalog = service.load([service.BUILT_IN, tmp_path])

    assert catalog.any("shop").kind == "app"
    assert catalog.any("redis").kind == "database"
    assert "shop" in [app.name for app in catalog.list("app")]
    assert "shop" not in [database.name for database in catalog.list("database")]
    with pytest.raises(NotFound):
        catalog.get("shop")
    with pytest.raises(NotFound):
        catalog.app("redis")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: app", "kind: database", "kind: "),
        ("title: Shop", "titel: Shop", "titel: "),
        ("main: {service: shop", "main: {service: web", "main.service: there is no service web"),
        ("service: db, command", "service: x, command", "backup.dump.service: there is no service"),
        ("volumes: [files]", "volumes: [file]", "backup.volumes: there is no volume file"),
        ("    db: {blueprint", "    x: {blueprint", "images.x: there is no service x"),
        ("{blueprint: postgres}", "{}", "must have either build or blueprint"),
        ("show: [ADMIN_PASSWORD]", "show: [OTHER]", "show: OTHER must be in secrets or values"),
        ("password: ADMIN_PASSWORD", "password: OTHER", "login.password: OTHER must be in"),
        ("minimum: 1", "minimum: one", "questions.properties.PAGES.minimum: 'one' is not what"),
        ("type: integer, min", "type: wat, min", "PAGES.type: 'wat' is not what JSON Schema has"),
        ('versions: ["2.1", "2.0"]', "versions: []", "versions: must have 1 or more entries"),
        ("category: web shop", "color: 1", "color: is unknown; correct its name"),
        ("{type: boolean}", "false", "questions.properties.OPEN: must be an object"),
        ("{type: boolean}", "{$ref: 'https://x.example'}", "must not refer to anything by $ref"),
        ("{type: boolean}", "{$dynamicRef: 'https://x.example'}", "to anything by $dynamicRef"),
        ("{type: boolean}", "{allOf: [{$id: 'file:///x'}]}", "must not refer to anything by $id"),
        ("path: /login", "path: '@127.0.0.1:80/'", "ready.path: "),
        ("timeout_s: 60", "timeout_s: 999999", "ready.timeout_s: "),
        ("port: 3000}", "port: 3000, scheme: javascript}", "must not be javascript"),
        ("https://shop.example", "javascript:alert(1)", "website: "),
        ("port: 3000", "port: 70000", "main.port: "),
        ("category: web shop", "category: Web", "category: "),
    ],
)
def test_a_wrong_block_is_named_with_its_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in SHOP

    with pytest.raises(Invalid) as refusal:
        make_app(tmp_path, SHOP.replace(old, new, 1))

    assert str(tmp_path / "app" / "shop" / "compose.yaml") in refusal.value.message
    assert said in refusal.value.message


def test_an_order_sets_variables_over_defaults(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    assert answers.variables(app) == {"TITLE": "Shop", "REGION": "here", "MOORAGE_VERSION": "2.1"}
    chosen = answers.variables(app, {"PAGES": 3, "OPEN": True}, version="2.0")
    assert (chosen["PAGES"], chosen["OPEN"], chosen["MOORAGE_VERSION"]) == ("3", "true", "2.0")


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"TITLE": ""}, {"settings.TITLE"}),
        ({"PAGES": 0, "OPEN": "yes"}, {"settings.PAGES", "settings.OPEN"}),
        ({"MAIL": "nobody"}, {"settings.MAIL"}),
        ({"REGION": "there"}, {"settings.REGION"}),
        ({"ADMIN_PASSWORD": "mine"}, {"settings.ADMIN_PASSWORD"}),
        ([], {"settings"}),
        ("TITLE", {"settings"}),
    ],
)
def test_a_setting_that_is_not_asked_for_or_wrong_is_refused(
    tmp_path: Path, settings: object, fields: set[str]
) -> None:
    app = make_app(tmp_path)

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, settings)

    assert refusal.value.fields.keys() == fields


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        ("type: string", 5, "must be a text; given was 5"),
        ("type: integer", "x", "must be a whole number; given was 'x'"),
        ("enum: [en, zh]", "xx", "must be one of en, zh; given was 'xx'"),
        ("pattern: '^a$'", "b", "must match ^a$; given was 'b'"),
        ("minLength: 2", "b", "must have at least 2 characters; given was 'b'"),
        ("maxLength: 1", "bc", "must have at most 1 characters; given was 'bc'"),
        ("minimum: 3", 2, "must be at least 3; given was 2"),
        ("maximum: 3", 4, "must be at most 3; given was 4"),
        ("exclusiveMinimum: 3", 3, "must be more than 3; given was 3"),
        ("exclusiveMaximum: 3", 3, "must be less than 3; given was 3"),
        ("not: {const: admin}", "admin", "must be something else; given was 'admin'"),
        ("format: email", "b", "must keep to format: 'email'; given was 'b'"),
        ("type: string, writeOnly: true", 5, "must be a text"),
        ("writeOnly: true, allOf: [{type: string}]", 5, "must be a text"),
        ("allOf: [false]", 5, "must be something else; given was 5"),
        ("type: string", [5], "must be a text"),
    ],
)
def test_why_a_setting_is_refused_is_said_in_our_own_words(
    tmp_path: Path, question: str, given: object, said: str
) -> None:
    app = make_app(tmp_path, SHOP.replace("OPEN: {type: boolean}", f"OPEN: {{{question}}}"))

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, {"OPEN": given})

    assert refusal.value.fields == {"settings.OPEN": said}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("minProperties: 3", "must keep to minProperties: 3"),
        (
            "dependentRequired: {TITLE: [MAIL]}",
            "must keep to dependentRequired: {'TITLE': ['MAIL']}",
        ),
        ("if: {required: [TITLE]}\n    then: false", "must be something else"),
    ],
)
def test_a_rule_for_all_settings_shows_none_of_them(tmp_path: Path, rule: str, said: str) -> None:
    app = make_app(tmp_path, SHOP.replace("    type: object", f"    {rule}"))

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, {"TITLE": "a secret"})

    assert refusal.value.fields == {"settings": said}


def test_why_a_setting_is_refused_is_said_in_the_language_of_who_asks(tmp_path: Path) -> None:
    app = make_app(tmp_path, SHOP.replace("PAGES: {type: integer", "PAGES: {enum: [en, zh]"))

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, {"PAGES": "xx"})

    reason = refusal.value.fields["settings.PAGES"]
    assert chinese(reason) == "必须是其中之一:en, zh;给出的是 'xx'"


def test_a_setting_that_is_required_or_unknown_is_named(tmp_path: Path) -> None:
    app = make_app(tmp_path, SHOP.replace("    type: object", "    required: [OPEN, MAIL]"))

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, {"OPEN": True, "COLOUR": "red"})

    assert refusal.value.fields == {
        "settings.MAIL": "is required",
        "settings.COLOUR": "is unknown; correct its name, or leave it out",
    }


def test_limits_out_of_range_are_refused_in_the_language_of_who_asks(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    with pytest.raises(Invalid) as refusal:
        settle(app, memory_mib=1, cpus=129)

    fields = refusal.value.fields
    assert fields["memory_mib"] == "memory_mib must be from 512 to 1048576, not 1."
    assert [chinese(fields[name]) for name in ("memory_mib", "cpus")] == [
        "memory_mib 必须在 512 到 1048576 之间,而不是 1。",
        "cpus 必须在 0.1 到 128 之间,而不是 129。",
    ]
    assert chinese(refusal.value.message) == " ".join(map(chinese, fields.values()))


def chinese(text: str) -> str:
    """Return a text as it is told to who likes Chinese."""
    english = language.set("zh")
    try:
        return translated(text)
    finally:
        language.reset(english)


def test_an_unknown_version_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"there are 2\.1, 2\.0"):
        answers.variables(make_app(tmp_path), version="1")


def test_secrets_are_new_each_time(tmp_path: Path) -> None:
    app = make_app(tmp_path)

    first, second = answers.new_secrets(app), answers.new_secrets(app)

    assert first.keys() == {"ADMIN_PASSWORD"}
    assert first != second


def test_data_that_json_has_not_is_refused() -> None:
    with pytest.raises(Invalid, match="JSON"):
        built(App, {"title": json})


@pytest.mark.parametrize("given", ["a\0b", "x" * 65_537])
def test_a_setting_that_no_variable_can_hold_is_refused_by_name(tmp_path: Path, given: str) -> None:
    app = make_app(tmp_path)

    with pytest.raises(Invalid) as refusal:
        answers.variables(app, {"TITLE": given})

    assert refusal.value.fields.keys() == {"settings.TITLE"}


def test_no_pattern_takes_long_whatever_is_given(tmp_path: Path) -> None:
    questions = SHOP.replace("title: Title", "title: Title, pattern: '^(a+)+$'")
    app = make_app(tmp_path, questions)

    assert answers.variables(app, {"TITLE": "a" * 60})["TITLE"] == "a" * 60
    with pytest.raises(Invalid, match=r"must match \^\(a\+\)\+\$"):
        answers.variables(app, {"TITLE": "a" * 60 + "!"})  # with `re` this would not end
