"""Settings and secrets are read from the environment, or from the files that it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_settings import SettingsError

from domain.settings import Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def test_every_setting_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "DATABASE_URL": "postgres://yibao:geheim@localhost/yibao",
        "REDIS_URL": "redis://:geheim@localhost/0",
        "YIBAO_FISCAL_SECRET": "geheim",
        "YIBAO_KEYS": "/run/secrets/keys.json",
        "YIBAO_POOL": "7",
    }
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))

    settings = Settings()

    assert (settings.database_url, settings.redis_url) == (values["DATABASE_URL"], values["REDIS_URL"])
    assert (settings.fiscal_secret, settings.pool) == ("geheim", 7)
    assert settings.key_file == Path("/run/secrets/keys.json")
    assert "geheim" not in repr(settings)


def test_a_setting_that_is_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    monkeypatch.setenv("YIBAO_FISCAL_SECRET", "another")
    monkeypatch.setenv("YIBAO_FISCAL_SECRET_FILE", str(tmp_path / "secret"))

    with pytest.raises(SettingsError) as refused:
        Settings()

    assert "are both given" in str(refused.value.__cause__)


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_file_that_says_nothing_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "secret").write_text(content)
    monkeypatch.setenv("YIBAO_FISCAL_SECRET_FILE", str(tmp_path / "secret"))

    with pytest.raises(SettingsError):
        Settings()
