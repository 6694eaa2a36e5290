"""Names as people compare them: without case, accents and doubled spaces."""

import unicodedata

import pandas as pd


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate this later"
    """The message itself, marked for translation where it is shown."""
    return message


def fold(text: str) -> str:
    """The text without case, accents and odd spaces; "São João" and "SAO JOAO" fold to the same."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    if not plain.isascii():
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(plain.split())


def folded(texts: pd.Series) -> pd.Series:
    """Each text folded, on the same index; missing becomes empty."""
    codes, distinct = pd.factorize(texts, use_na_sentinel=True)
    words = pd.array([fold(str(text)) for text in distinct] + [""], dtype="str")
    return pd.Series(words.take(codes), index=texts.index, dtype="str")
