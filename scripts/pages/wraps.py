"""Sentences that hard line ends broke, joined again."""

import re

from scripts.components.tokenizer import simplify
from scripts.pages.glyphs import Ledger, Line
from scripts.pages.kinds import SENTENCE_END, opens_article, opens_speech, plain

# A page whose lines are this long is not wrapped at a fixed width; its broken sentences
# stand in lines that are at least so long.
_FULL = 30
# A paragraph of more characters is no title, byline or caption; only its end is looked at, so that
# joining takes no longer line by line.
_LONG = 400
_UNFINISHED = re.compile("[，、]$")
_RUNNING = re.compile("[，。；：、！？]")


def join_wraps(lines: list[Line], ledger: Ledger) -> list[Line]:
    """Paragraphs: each line that goes on in the next one is joined with it.

    A line goes on when it has no sentence's end, is as long as full lines of this page are
    and reads like running text, or when it ends with a comma; and when the next line ends a
    sentence or is full itself. Titles, bylines, captions and datelines stay alone.
    """
    full = min(_FULL, 0.85 * max((len(line.glyphs) for line in lines), default=0))
    joined: list[Line] = []
    last = 0  # length of the last line of the paragraph so far
    for line in lines:
        if joined and _goes_on(joined[-1], last, line, full):
            before = joined[-1]
            ledger.drop(before.glyphs[-1].end, line.glyphs[0].start, "line wrap")
            before.glyphs += line.glyphs
        else:
            joined.append(line)
        last = len(line.glyphs)
    return joined


def _goes_on(line: Line, last: int, following: Line, full: float) -> bool:
    long = len(line.glyphs) > _LONG
    text, after = simplify(Line(line.glyphs[-_LONG:]).text), simplify(following.text)
    return (
        (not line.tag if long else plain(line))
        and plain(following)
        and not following.indented
        and not SENTENCE_END.search(text)
        and not opens_article(after)
        and not opens_speech(after)
        and (
            bool(_UNFINISHED.search(text))
            or (last >= full and (line.indented or bool(_RUNNING.search(text))))
        )
        and (bool(SENTENCE_END.search(after)) or len(after) >= full)
    )
