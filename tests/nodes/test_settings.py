"""Settings: defaults, every rule, and that nothing secret is shown."""

import pytest

from holdfast import settings
from holdfast.model.errors import Invalid
from holdfast.model.instant import MINUTE, SECOND


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    for text in settings.describe():
        monkeypatch.delenv(text.variable, raising=False)


def problems(**overrides: object) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        settings.load(**overrides)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_defaults_are_those_of_a_local_instance() -> None:
    loaded = settings.load()
    assert loaded.database_url.get_secret_value() == "sqlite:///.holdfast/holdfast.db"
    assert (loaded.host, loaded.port, loaded.worker_concurrency) == ("127.0.0.1", 8000, 500)
    assert (loaded.lease, loaded.shutdown_grace) == (30 * SECOND, 10 * SECOND)
    assert (loaded.tasks, loaded.allow_private_network, loaded.log_format) == ((), None, None)


def test_the_environment_is_read_and_overrides_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_PORT", "9000")
    monkeypatch.setenv("HOLDFAST_HOST", "0.0.0.0")
    monkeypatch.setenv("HOLDFAST_LEASE", "5m")
    monkeypatch.setenv("HOLDFAST_TASKS", "billing.tasks, crm.tasks,")
    monkeypatch.setenv("HOLDFAST_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("HOLDFAST_ALLOW_PRIVATE_NETWORK", "true")
    monkeypatch.setenv("HOLDFAST_PUBLIC_URL", "https://flows.example.com/base/")
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "")
    loaded = settings.load(port=0, host=None)
    assert (loaded.port, loaded.host, loaded.lease) == (0, "0.0.0.0", 5 * MINUTE)
    assert loaded.tasks == ("billing.tasks", "crm.tasks")
    assert (loaded.log_level, loaded.allow_private_network) == ("warning", True)
    assert (loaded.public_url, loaded.smtp_url) == ("https://flows.example.com/base", None)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HOLDFAST_DATABASE_URL", "mysql://u:hidden@host/db", "expected sqlite:///path"),
        ("HOLDFAST_DATABASE_URL", "sqlite:///", "expected sqlite:///path"),
        ("HOLDFAST_DATABASE_URL", "postgresql://", "expected sqlite:///path"),
        ("HOLDFAST_REDIS_URL", "http://hidden", "expected redis://"),
        ("HOLDFAST_PORT", "hidden", "valid integer"),
        ("HOLDFAST_PORT", "70000", "less than or equal to 65535"),
        ("HOLDFAST_PUBLIC_URL", "flows.example.com", "https://flows.example.com"),
        ("HOLDFAST_PUBLIC_URL", "https://example.com/?a=hidden", "without query"),
        ("HOLDFAST_SECRET_KEY", "hidden", "at least 32 characters"),
        ("HOLDFAST_SMTP_URL", "mail.example:25", "expected smtp://"),
        ("HOLDFAST_SMTP_URL", "smtp://u:hidden@host:x", "expected smtp://"),
        ("HOLDFAST_WORKER_CONCURRENCY", "0", "greater than or equal to 1"),
        ("HOLDFAST_LEASE", "hidden", "expected a duration such as"),
        ("HOLDFAST_LEASE", "10ms", "must be at least 1s"),
        ("HOLDFAST_SHUTDOWN_GRACE", "2d", "must be at most 1h"),
        ("HOLDFAST_LOG_FORMAT", "hidden", "'console' or 'json'"),
        ("HOLDFAST_LOG_LEVEL", "loud", "'debug'"),
        ("HOLDFAST_ALLOW_PRIVATE_NETWORK", "hidden", "valid boolean"),
    ],
)
def test_a_wrong_value_is_told_by_its_variable(
    variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    told = problems()
    assert list(told) == [variable]
    assert message in told[variable]
    assert "hidden" not in told[variable]


@pytest.mark.parametrize(
    "url", ["memory:", "sqlite:////var/lib/h.db", "sqlite:///h.db", "postgresql://u:p@host:5432/db?ssl=1"]
)
def test_known_stores(url: str) -> None:
    assert settings.load(database_url=url).database_url.get_secret_value() == url


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_PORT", "x")
    monkeypatch.setenv("HOLDFAST_LEASE", "x")
    assert set(problems(hots="a")) == {"HOLDFAST_PORT", "HOLDFAST_LEASE", "HOLDFAST_HOTS"}


def test_secrets_are_not_shown() -> None:
    loaded = settings.load(
        secret_key="hidden" * 8,
        smtp_url="smtp://u:hidden@h",
        database_url="postgresql://u:hidden@h/d",
        owner_password="hidden",
    )
    assert "hidden" not in f"{loaded} {loaded!r} {loaded.model_dump()} {loaded.model_dump_json()}"


def test_misspelt_variables_are_found() -> None:
    environ = {"HOLDFAST_PROT": "1", "HOLDFAST_PORT": "1", "HOLDFAST_URL": "x", "HOLDFAST_API_KEY": "x", "PATH": "x"}
    found = settings.unknown_variables(environ)
    assert [(problem.path, problem.message) for problem in found] == [
        ("HOLDFAST_PROT", "is not a setting; did you mean HOLDFAST_PORT?")
    ]


def test_every_setting_is_described() -> None:
    texts = {text.variable: text for text in settings.describe()}
    assert all(text.description for text in texts.values())
    assert texts["HOLDFAST_LEASE"].default == "30s"
    assert {name for name, text in texts.items() if text.secret} == {
        "HOLDFAST_DATABASE_URL",
        "HOLDFAST_REDIS_URL",
        "HOLDFAST_SECRET_KEY",
        "HOLDFAST_SECRET_KEY_PREVIOUS",
        "HOLDFAST_OIDC_CLIENT_SECRET",
        "HOLDFAST_SMTP_URL",
        "HOLDFAST_OWNER_PASSWORD",
    }
