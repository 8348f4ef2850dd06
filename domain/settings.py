"""Every setting of the house, read once from the environment. No other file looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from domain import transport

_SECRET_MAX: Final = 64 * 1024  # characters


class SecretFiles(EnvSettingsSource):
    """Any setting may lie in a file instead, named by `<its name>_FILE`, as Docker, Kubernetes and Vault hand it out.

    So a secret stands neither in the environment, which children and dumps inherit, nor in a file that is kept.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Read the file of a setting, if one is named. Raises `ValueError` if the value is given, too."""
        key = str(field.validation_alias or field_name)
        name = (key if field.validation_alias else f"{self.env_prefix}{key}").lower()
        file = self.env_vars.get(f"{name}_file")
        if file is not None and name in self.env_vars:
            raise ValueError(f"{name.upper()} and {name.upper()}_FILE are both given. Take one away.")
        return (None if file is None else _read(Path(file))), key, False


def _read(file: Path) -> str:
    with file.open(encoding="utf-8") as opened:
        text = opened.read(_SECRET_MAX).strip()
    if not text:
        raise ValueError(f"{file} is empty.")
    return text


class Settings(BaseSettings):
    """Where things are. Names in the environment are `YIBAO_…`, but for the two that every host already knows.

    `proxies` are the addresses or networks, with commas between, whose word about a caller's address counts;
    `plain_hosts`, with commas too, are other machines that may be spoken to in the clear, because whoever runs the
    house answers for the line between.
    """

    # What was typed in is never repeated in an error: it may be a password.
    model_config = SettingsConfigDict(env_prefix="YIBAO_", frozen=True, hide_input_in_errors=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL", repr=False)
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL", repr=False)
    data: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: str = "127.0.0.1"
    public_url: str | None = None
    keys: Path | None = None
    files: str | None = None
    informants_url: str | None = Field(default=None, repr=False)
    informants_key: Path | None = None
    scanner: str | None = None
    wechatpay_merchant: Path | None = None
    fiscal_url: str | None = None
    fiscal_access_key: str = ""
    fiscal_secret: str = Field(default="", repr=False)
    wechat_account: Path | None = None
    sms_account: Path | None = None
    bank: Path | None = None
    demo: bool = False
    pool: int = 10
    region: str = "330900"
    plain_hosts: str = ""
    log_collector: str | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no such file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours name each file
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what a test hands in first, then the environment, then the files that it names."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @model_validator(mode="after")
    def speaks_to_nobody_in_the_clear(self) -> Self:
        """Refuse addresses on other machines that would be spoken to without encryption and proof."""
        if faults := list(self._faults_of_addresses()):
            raise ValueError(" ".join(faults))
        return self

    def _faults_of_addresses(self) -> Iterator[str]:
        plain = frozenset(name.strip() for name in self.plain_hosts.split(",") if name.strip())
        databases = {"DATABASE_URL": self.database_url, "YIBAO_INFORMANTS_URL": self.informants_url}
        for name, address in databases.items():
            if address:
                yield from transport.faults_of_database(name, address, plain=plain)
        if self.redis_url:
            yield from transport.faults_of_redis(self.redis_url, plain=plain)
        if self.scanner:
            yield from transport.faults_of_scanner(self.scanner, plain=plain)
        if self.fiscal_url:
            yield from transport.faults_of_web("YIBAO_FISCAL_URL", self.fiscal_url, plain=plain)
        if self.files:
            yield from transport.faults_of_shelf(self.files, plain=plain)

    @property
    def key_file(self) -> Path:
        """The keys that seal personal data."""
        return self.keys or self.data / "keys.json"

    @property
    def informants_key_file(self) -> Path:
        """The second store's own key, apart from the keys of the house."""
        return self.informants_key or self.data / "informants.key"

    @property
    def shelf(self) -> str:
        """Where the sealed bytes of files lie: a folder, or a bucket as `s3://…`."""
        return self.files or str(self.data / "files")

    @property
    def origin(self) -> str:
        """The address under which people and partners reach this house, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class RewardDeskSettings(Settings):
    """What the reward desk has besides, and no other process: its private keys, and its line to the budget's bank.

    `YIBAO_REWARD_DESK_KEYS` and `YIBAO_REWARD_DESK_BANK` are set for that process alone, best under a user of its own.
    """

    reward_desk_keys: Path | None = None
    reward_desk_bank: Path | None = None

    @property
    def desk_folder(self) -> Path:
        """Where the desk's files lie if nothing else is said."""
        return self.data / "reward-desk"

    @property
    def desk_key_file(self) -> Path:
        """The desk's private keys, one line each."""
        return self.reward_desk_keys or self.desk_folder / "keys"

    @property
    def desk_bank_file(self) -> Path:
        """What is agreed with the bank at which the budget lies."""
        return self.reward_desk_bank or self.desk_folder / "bank.json"
