"""Sentences of a paragraph, as offsets into its view."""

import re
from itertools import pairwise

# A closing quote or bracket belongs to its sentence; where the sentence goes on after the
# quote (“识真贫！”的要求), it has not ended.
_END = re.compile("[。！？…]+[”’」』）】》]*(?![，、；：的。！？…”’」』）】》])")


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets ``[start, end)`` of the sentences of `text`, without white space at their ends.

    >>> sentences("他说：“好。”大家都笑。")
    [(0, 7), (7, 12)]
    """
    bounds = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    return [
        (at + len(part) - len(part.lstrip()), at + len(part.rstrip()))
        for at, end in pairwise(bounds)
        if (part := text[at:end]).strip()
    ]
