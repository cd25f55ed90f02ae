"""Bytes of a file to the text of a page."""

import re

from scripts.components.tokenizer import simplify
from scripts.pages.glyphs import HAN


class PageError(ValueError):
    """A file that can't be read as a Chinese page; the message says why and what to do."""


# Control characters that no page holds: their presence says that the bytes are no text.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a]")
_HAN = re.compile(f"[{HAN}]")


def decode(data: bytes) -> tuple[str, str]:
    """Text of `data` without its byte order mark, and the encoding (``utf-8`` or ``gb18030``).

    Line ends stay as they are. Raises PageError for empty, binary or undecodable bytes.
    """
    if not data.strip():
        raise PageError("the file is empty; save the page again")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise PageError("the file is UTF-16; save it as UTF-8")
    if _BINARY.search(data):
        raise PageError("the file is binary, not text; save the page as text or HTML")
    try:
        return data.decode("utf-8").removeprefix("\ufeff"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030").removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = ""
    if not _plausible(text):
        raise PageError("the file is neither UTF-8 nor GB18030; save it as UTF-8")
    return text, "gb18030"


def _plausible(text: str) -> bool:
    """Whether text read as GB18030 is Chinese: other encodings read so give rare characters."""
    han = simplify("".join(_HAN.findall(text)))
    return len(han.encode("gb2312", "ignore")) // 2 >= 0.9 * len(han) > 0


def require_chinese(text: str) -> None:
    """Raise PageError unless at least two thirds of the letters of a page's view are Han."""
    han = len(_HAN.findall(text))
    if not text:
        raise PageError("nothing is left of the page but navigation and white space; remove it")
    if 3 * han < 2 * sum(map(str.isalpha, text)) or not han:
        raise PageError("the page is not Chinese; remove it from the folder")
