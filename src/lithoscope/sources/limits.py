"""How much of a stranger's file is read at most, in one place.

Each number is set by an environment variable `LITHOSCOPE_LIMIT_...`, for instance
`LITHOSCOPE_LIMIT_ROWS=50000000`.
"""

from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024**2


class Limits(BaseSettings):
    """Caps on one file; a file that exceeds one of them is refused and the message names the cap.

    file_bytes: size as stored. rows, columns: of one table. cell_chars: of one cell.
    archive_members, unpacked_bytes, ratio: of a ZIP archive, XLSX included.
    vertices, all_vertices, depth: of one geometry, of all, and of nested collections.
    seconds, memory_bytes: of the child process that reads a binary format.
    """

    model_config = SettingsConfigDict(env_prefix="LITHOSCOPE_LIMIT_", frozen=True)

    file_bytes: int = 8 * 1024 * MIB
    rows: int = 20_000_000
    columns: int = 1_000
    cell_chars: int = MIB
    archive_members: int = 50
    unpacked_bytes: int = 400 * MIB
    ratio: int = 100
    vertices: int = 1_000_000
    all_vertices: int = 50_000_000
    depth: int = 8
    seconds: int = 600
    memory_bytes: int = 4 * 1024 * MIB


INGEST = Limits()
