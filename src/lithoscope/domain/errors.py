"""The few errors that Lithoscope raises on purpose, on one base.

Every message is one plain line: where, which value, what is wrong, what to do.
"""

from typing import ClassVar


class LithoscopeError(Exception):
    """Base of all errors raised on purpose; `exit_status` is what the command line returns."""

    exit_status: ClassVar[int] = 1


class BadInput(LithoscopeError):
    """Something the user gave cannot be used.

    what: what is wrong, in plain words.
    remedy: what to do about it.
    file, row, column, value: where, as far as it is known.
    The text reads `file: row R, column C: value: what; remedy`.
    """

    exit_status = 2

    def __init__(
        self,
        what: str,
        remedy: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
    ) -> None:
        self.what, self.remedy = what, remedy
        self.file, self.row, self.column, self.value = file, row, column, value
        place = ", ".join(
            part
            for part in (
                f"row {row}" if row is not None else "",
                f"column {column}" if column is not None else "",
            )
            if part
        )
        shown = "" if value is None else str(value)[:80]
        parts = [part for part in (file or "", place, shown, f"{what}; {remedy}") if part]
        super().__init__(" ".join(": ".join(parts).split()))


class BadColumn(BadInput):
    """A column breaks the rules of its field: wrong type, unit or range."""


class UnsafeFile(BadInput):
    """A file that must not be opened: a forbidden format, path, size or archive."""


class UnknownName(BadInput):
    """A field, class, source or site that does not exist."""


class Interrupted(LithoscopeError):
    """The user stopped a long task; the text says what is kept and how to go on."""

    exit_status = 130


class BadReference(LithoscopeError):
    """A reference table of ours lacks its source or does not parse."""


class BadRelease(LithoscopeError):
    """A release is missing, incomplete or altered."""

    exit_status = 2


class BadMethod(LithoscopeError):
    """A method broke the contract of `domain/method.py`: a defect of ours."""
