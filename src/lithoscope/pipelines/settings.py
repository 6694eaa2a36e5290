"""Settings of a server: folders, limits, who may embed it. From the table [server] of `lithoscope.toml`,
and before it from the environment.

A variable is `LITHOSCOPE_` and the name in capitals, such as `LITHOSCOPE_DATA=/srv/register`.
"""

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from lithoscope.domain.folders import DATA


class ServerTable(TomlConfigSettingsSource):
    """The table [server] of the project's file, which holds more than settings (`pipelines/project.py`)."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return super()._read_file(file_path).get("server", {})


class Settings(BaseSettings):
    """What an operator may set; every default is the safe one."""

    model_config = SettingsConfigDict(
        env_prefix="LITHOSCOPE_", toml_file="lithoscope.toml", frozen=True, extra="forbid"
    )

    data: Path = DATA
    """Folder with `releases/` and `cache/`."""
    frame_ancestors: tuple[str, ...] = ("'self'",)
    """Sites that may show these pages in a frame, as in the header Content-Security-Policy."""
    online_style: str = Field("", pattern=r"^(https://[^\s;,]+)?$")
    """Address of an online map style; empty (the default) keeps every request on this server."""
    online_hosts: tuple[str, ...] = ()
    """Further hosts that the online style needs, as in the header Content-Security-Policy."""
    api_rows: int = Field(100, ge=1, le=1_000)
    """Rows of a JSON answer if the caller does not say."""
    api_rows_most: int = Field(1_000, ge=1, le=10_000)
    """Rows of a JSON answer at most."""
    api_per_minute: int = Field(120, ge=1)
    """JSON requests of one address within a minute."""
    tiles_per_minute: int = Field(3_000, ge=1)
    """Map tiles of one address within a minute."""
    body_bytes: int = Field(64_000, ge=0)
    """Size of a request's body at most, on the routes that are ours."""
    trusted_proxies: int = Field(0, ge=0, le=5)
    """How many proxies of the operator's own stand in front; their X-Forwarded-For is believed."""
    coarsen_resolution: int | None = Field(None, ge=0, le=10)
    """H3 resolution that sensitive sites are coarsened to on maps and in exports; none: as recorded."""
    coarsen_where: str = ""
    """Which sites are sensitive, as in `--where`; empty: all of them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code, then the environment, then the file."""
        return init_settings, env_settings, ServerTable(settings_cls)


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
