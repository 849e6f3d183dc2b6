"""Settings: from the command line, the environment or a file, in this order."""

import re
from pathlib import Path

import pytest

from moorage import config, configured
from moorage.kit.errors import Invalid

README = Path(__file__).parents[2] / "README.md"
BARE = {
    "AUTH_URL": "http://cloud.test",
    "USERNAME": "demo",
    "PASSWORD": "hunter2",
    "PROJECT_ID": "prj",
    "USER_DOMAIN_NAME": "Default",
    "APP_SECRET_KEY": "hunter3",
}


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the environment say nothing but where the data are."""
    for name in config.Settings.model_fields:
        monkeypatch.delenv(config.PREFIX + name.upper(), raising=False)
    for name in BARE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOORAGE_DATA_DIR", str(tmp_path))
    return tmp_path


def described() -> dict[str, tuple[str, str]]:
    """Return (value, source) by name."""
    return {name: (value, source) for name, value, source, _ in configured.describe(config.load())}


def test_everything_has_a_default_and_a_meaning(data_dir: Path) -> None:
    settings = config.load()

    assert settings.database == f"sqlite:///{data_dir}/moorage.db"
    assert settings.secret_key == data_dir / "secret.key"
    assert all(meaning for *_, meaning in configured.describe(settings))


def test_the_readme_says_of_every_setting_what_it_means() -> None:
    table = re.findall(r"^\| `(MOORAGE_\w+)` \| .+ \| (.+) \|$", README.read_text(), re.MULTILINE)

    assert table == [(name, meaning) for name, _, _, meaning in configured.describe(config.load())]


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "moorage.toml").write_text(
        "operations_at_once = 2\nstop_grace_s = 3\nquota_instances = 4\n"
    )
    monkeypatch.setenv("MOORAGE_STOP_GRACE_S", "5")
    monkeypatch.setenv("MOORAGE_QUOTA_INSTANCES", "6")

    settings = config.load(quota_instances=7, login_failures=None)

    assert settings.operations_at_once == 2
    assert settings.stop_grace_s == 5
    assert settings.quota_instances == 7
    assert settings.login_failures == 20
    sources = {name: source for name, _, source, _ in configured.describe(settings)}
    assert sources["MOORAGE_OPERATIONS_AT_ONCE"] == "moorage.toml"
    assert sources["MOORAGE_STOP_GRACE_S"] == "environment"
    assert sources["MOORAGE_QUOTA_INSTANCES"] == "command line"
    assert sources["MOORAGE_LOGIN_FAILURES"] == "default"


def test_the_file_is_looked_for_in_the_data_directory_of_the_command_line(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "moorage.toml").write_text('log_level = "debug"\n')

    settings = config.load(data_dir=elsewhere)

    assert (settings.data_dir, settings.log_level) == (elsewhere, "debug")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_PORTS", "3307", "FIRST-LAST"),
        ("DATABASE_PORTS", "4306-3307", "1-65535"),
        ("DATABASE_PORTS", "0-70000", "1-65535"),
        ("PUBLISH_ADDRESS", "localhost", "does not appear"),
        ("NETWORK_POOL", "10.0.0.1/8", "host bits set"),
        ("TRUSTED_PROXIES", "127.0.0.1, proxy", "'proxy' does not appear"),
        ("DATABASE_URL", "hunter2", "postgresql://"),
        ("DATABASE_URL", "mysql://u:hunter2@h/db", "postgresql://"),
        ("DATABASE_URL", "redis://:hunter2@h/0", "postgresql://"),
        ("DATABASE_URL", "postgresql://u@h/db?password=hunter2", "postgresql://"),
        ("DATABASE_URL", "postgresql://anna:hunter2", "postgresql://"),
        ("DATABASE_URL", "postgresql://anna@h:hunter2/db", "postgresql://"),
        ("PORT", "65536", "less than"),
        ("OPERATIONS_AT_ONCE", "many", "integer"),
        ("OPERATIONS_AT_ONCE", "0", "greater than"),
        ("IMAGES", "none", "'auto'"),
    ],
)
def test_a_bad_value_is_refused_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"MOORAGE_{name}", value)

    with pytest.raises(Invalid, match=f"MOORAGE_{name}: .*{reason}") as refused:
        config.load()

    assert list(refused.value.fields) == [f"MOORAGE_{name}"]
    assert "hunter2" not in f"{refused.value}{refused.value.__cause__}"


def test_all_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORAGE_LOG_LEVEL", "loud")
    monkeypatch.setenv("MOORAGE_LOGIN_FAILURES", "-1")

    with pytest.raises(Invalid) as refused:
        config.load()

    assert set(refused.value.fields) == {"MOORAGE_LOG_LEVEL", "MOORAGE_LOGIN_FAILURES"}


def test_a_variable_that_is_set_to_nothing_is_not_set(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "moorage.toml").write_text("stop_grace_s = 3\n")
    for name in ("SECRET_KEY_FILE", "MACHINES", "PORT", "STOP_GRACE_S", "OPENSTACK_USERNAME"):
        monkeypatch.setenv(f"MOORAGE_{name}", "")
    monkeypatch.setenv("PASSWORD", "")
    monkeypatch.setenv("USERNAME", "demo")

    settings = config.load()

    assert settings.secret_key == data_dir / "secret.key"
    assert settings.machines_file == data_dir / "machines.json"
    assert (settings.port, settings.stop_grace_s) == (8080, 3)
    assert settings.openstack_username == "demo"
    assert described()["MOORAGE_SECRET_KEY_FILE"][1] == "default"
    assert described()["MOORAGE_STOP_GRACE_S"][1] == "moorage.toml"
    assert described()["MOORAGE_OPENSTACK_PASSWORD"][1] == "default"


def test_a_data_directory_that_is_set_to_nothing_is_the_default_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOORAGE_DATA_DIR", "")

    assert config.load().data_dir == config.find_data_dir() == config.default_data_dir()


def test_what_the_file_sets_to_nothing_is_not_set(data_dir: Path) -> None:
    (data_dir / "moorage.toml").write_text('secret_key_file = ""\nmachines = ""\nlog_format = ""\n')

    settings = config.load()

    assert settings.secret_key == data_dir / "secret.key"
    assert settings.machines is None
    assert described()["MOORAGE_LOG_FORMAT"] == ("text", "default")


def test_a_bad_value_in_the_file_is_refused_too(data_dir: Path) -> None:
    (data_dir / "moorage.toml").write_text('trusted_proxies = ["proxy"]\n')

    with pytest.raises(Invalid, match="MOORAGE_TRUSTED_PROXIES: 'proxy'"):
        config.load()


def test_a_file_that_is_not_toml_is_named(data_dir: Path) -> None:
    (data_dir / "moorage.toml").write_text("log_level: debug\n")

    with pytest.raises(Invalid, match=r"moorage\.toml is not TOML"):
        config.load()


def test_the_data_directory_is_found_whatever_the_file_says(data_dir: Path) -> None:
    (data_dir / "moorage.toml").write_text("log_level: debug\n")

    assert config.find_data_dir() == data_dir


def test_a_password_in_a_url_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORAGE_DATABASE_URL", "postgresql://anna:hunter2@db.example/moorage")

    value, source = described()["MOORAGE_DATABASE_URL"]

    assert value == "postgresql://anna:***@db.example/moorage"
    assert source == "environment"


def test_a_url_of_postgresql_may_begin_as_some_platforms_write_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOORAGE_DATABASE_URL", "postgres://anna:postgres@db.example/moorage")

    assert config.load().database == "postgresql://anna:postgres@db.example/moorage"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
        ("rediss://anna:a:b@[::1]/1", "rediss://anna:***@[::1]/1"),
        ("redis://127.0.0.1", "redis://127.0.0.1"),
        ("unix://:hunter2@/run/redis.sock", "unix://:***@/run/redis.sock"),
    ],
)
def test_a_password_of_redis_is_masked(
    monkeypatch: pytest.MonkeyPatch, url: str, shown: str
) -> None:
    monkeypatch.setenv("MOORAGE_REDIS_URL", url)

    assert config.load().redis_url == url
    assert described()["MOORAGE_REDIS_URL"][0] == shown


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://:hunter2@cache",
        "redis://",
        "redis://:hunter2@cache@cache",
        "redis://cache?password=hunter2",
        "redis://:hun/ter2@cache",
        "redis://cache:port",
        "unix://",
    ],
)
def test_a_url_that_is_none_of_a_redis_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("MOORAGE_REDIS_URL", url)

    with pytest.raises(Invalid, match="MOORAGE_REDIS_URL: is written redis://") as caught:
        config.load()

    assert "hunter2" not in str(caught.value)


def test_paths_in_force_are_shown_instead_of_nothing(data_dir: Path) -> None:
    shown = described()

    assert shown["MOORAGE_SECRET_KEY_FILE"] == (f"{data_dir}/secret.key", "default")
    assert shown["MOORAGE_DATABASE_URL"] == (f"sqlite:///{data_dir}/moorage.db", "default")
    assert shown["MOORAGE_COMPOSE"] == ("", "default")


def test_proxies_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORAGE_TRUSTED_PROXIES", "127.0.0.1, 2001:DB8::1,")

    assert config.load().trusted_proxies == ("127.0.0.1", "2001:db8::1")
    assert described()["MOORAGE_TRUSTED_PROXIES"][0] == "127.0.0.1,2001:db8::1"


def test_what_is_set_and_is_no_setting_is_listed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORAGE_LOGLEVEL", "debug")
    (data_dir / "moorage.toml").write_text('quota_memory = 1\nlog_level = "debug"\n[vms]\na = 1\n')

    unknown = configured.unknown(config.load())

    assert {"MOORAGE_LOGLEVEL", "quota_memory in moorage.toml", "vms in moorage.toml"} <= {*unknown}
    assert not any(name in " ".join(unknown) for name in ("MOORAGE_DATA_DIR", "log_level"))


def test_a_cloud_can_be_named_by_variables_without_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in BARE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MOORAGE_OPENSTACK_USERNAME", "ours")

    settings = config.load()

    assert settings.openstack_auth_url == "http://cloud.test"
    assert settings.openstack_username == "ours"
    assert settings.openstack_password.get_secret_value() == "hunter2"
    assert (settings.openstack_project_id, settings.openstack_user_domain_name) == (
        "prj",
        "Default",
    )
    assert settings.app_secret_key.get_secret_value() == "hunter3"
    assert described()["MOORAGE_OPENSTACK_PROJECT_ID"] == ("prj", "environment")


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")
    monkeypatch.setenv("MOORAGE_APP_SECRET_KEY", "hunter3")

    shown = f"{described()} {config.load()!r}"

    assert "hunter" not in shown
    assert described()["MOORAGE_OPENSTACK_PASSWORD"][1] == "environment"
