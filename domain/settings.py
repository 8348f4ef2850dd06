"""Every setting of the house, read once from the environment. No other file looks at it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things are. Names in the environment are `YIBAO_…`, but for the two that every host already knows.

    `proxies` are the addresses or networks, with commas between, whose word about a caller's address counts.
    """

    model_config = SettingsConfigDict(env_prefix="YIBAO_", frozen=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    data: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: str = "127.0.0.1"
    public_url: str | None = None
    keys: Path | None = None
    files: str | None = None
    scanner: str | None = None
    wechatpay_merchant: Path | None = None
    fiscal_url: str | None = None
    fiscal_access_key: str = ""
    fiscal_secret: str = Field(default="", repr=False)
    wechat_account: Path | None = None
    bank: Path | None = None
    demo: bool = False
    pool: int = 10
    region: str = "330900"

    @property
    def key_file(self) -> Path:
        """The keys that seal personal data."""
        return self.keys or self.data / "keys.json"

    @property
    def shelf(self) -> str:
        """Where the sealed bytes of files lie: a folder, or a bucket as `s3://…`."""
        return self.files or str(self.data / "files")

    @property
    def origin(self) -> str:
        """The address under which people and partners reach this house, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")
