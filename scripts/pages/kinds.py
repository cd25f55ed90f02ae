"""What a line is, told from its words alone: all patterns run over the Simplified view."""

import re
from collections import Counter
from datetime import date

from scripts.components.tokenizer import simplify
from scripts.pages.document import Kind
from scripts.pages.glyphs import HAN, Line

SENTENCE_END = re.compile("[。！？…；：][”’」』）】》]*$")

_NAME = f"(?:[{HAN}·]{{2,4}}|[{HAN}] [{HAN}])"
_NAMES = rf"{_NAME}(?:[ 、]+{_NAME})*"
_PAPER = "(?:本报|本刊|本网|新华社|特约|见习|实习)"
_JOB = "(?:记者|通讯员|实习生)"
# 记者调查 is no byline: a blank or the name of a paper tells one.
_CREDITED_NAMES = rf"(?:{_PAPER}+{_JOB} ?|{_JOB} ){_NAMES}"
_CREDITED = rf"{_CREDITED_NAMES}(?:[ 、]+{_CREDITED_NAMES})*"
_SUBTITLE = re.compile(r"(?:——|--|――|──|—)\s*[^。—-][^。]{0,50}$")
_BYLINE = re.compile(
    rf"[□■◎] ?[^。，]{{2,30}}$"
    rf"|{_CREDITED}$"
    rf"|（{_NAMES}）$"
    rf"|（(?:{_JOB}{_NAMES}|{_CREDITED})）$"
    r"|（[^。，；]{2,30}(?:供稿|撰稿|提供)）$"
    rf"|(?:作者|撰稿|撰文|文)[：/] ?{_NAMES}$"
    r"|[（【]?本?文?作者[：系为是][^。；]{2,50}$"
)
_CAPTION = re.compile(
    rf"(?:^|[ 。（]){_CREDITED} ?摄(?:影)?(?:报道)?[）】]?$"
    rf"|(?:^|[ 。（/]){_NAMES} ?摄(?:影)?(?:报道)?[）】]?$"
    r"|^图为"
)
_CREDIT = re.compile(rf"（?(?:{_CREDITED}|{_NAMES}) ?摄(?:影)?）?$")
_DATE = re.compile(
    r"((?:19|20)\d\d) ?[年/.-] ?(\d{1,2}) ?[月/.-] ?(\d{1,2})日?"
    r"(?: ?\d{1,2}[：:]\d\d(?:[：:]\d\d)?)?"
)
_OPENING = re.compile(r"(?:本报|本刊|本网|新华社|中新社|人民网)[^。，]{0,20}(?:讯|电(?!话))")
_SPEECH = re.compile(rf"([{HAN}·]{{1,5}})：.")
_ASKERS = re.compile(r"(?:本报|本刊|本网)?(?:记者|编辑)|问|主持人|网友")


def kind_of(line: Line) -> Kind:
    """Kind of a line or paragraph; whether a ``heading`` is a title, only its place can tell."""
    text = simplify(line.text)
    if line.tag:
        return "heading"
    if _SUBTITLE.match(text):
        return "subtitle"
    if is_credit(text) or (len(text) <= 120 and _CAPTION.search(text)):
        return "caption"
    if _BYLINE.match(text):
        return "byline"
    if _is_dateline(text):
        return "dateline"
    return "heading" if _is_heading(text) else "body"


def plain(line: Line) -> bool:
    """Whether a line may be a part of a wrapped paragraph."""
    return not line.tag and kind_of(line) in ("body", "heading")


def opens_article(text: str) -> bool:
    """Whether a body begins as an article does: 本报讯, 新华社北京5月3日电."""
    return bool(_OPENING.match(text))


def opens_speech(text: str) -> bool:
    """Whether a name and a colon come first: 谭丕创：…."""
    return bool(_SPEECH.match(text))


def is_credit(text: str) -> bool:
    """Whether the line holds nothing but the name of a photographer."""
    return bool(_CREDIT.match(text))


def date_of(text: str) -> str | None:
    """The first full date in `text` as YYYY-MM-DD, or None."""
    for found in _DATE.finditer(text):
        try:
            return date(*map(int, found.groups())).isoformat()
        except ValueError:  # the 13th month
            continue
    return None


def speakers(texts: list[str]) -> list[str | None]:
    """Who speaks in each paragraph of an article, from the Simplified views of its body.

    In an interview, where somebody asks (记者：), each name before a colon that asks or comes
    more than once speaks until the next one.
    """
    named = [found[1] if (found := _SPEECH.match(text)) else "" for text in texts]
    asking = {name for name in named if _ASKERS.fullmatch(name)}
    if not asking:
        return [None] * len(texts)
    speaking = asking | {name for name, count in Counter(named).items() if name and count > 1}
    found_speakers: list[str | None] = []
    current = None
    for name in named:
        current = name if name in speaking else current
        found_speakers.append(current)
    return found_speakers


def _is_dateline(text: str) -> bool:
    rest = _DATE.sub("", text, count=1)
    return rest != text and len(rest) <= 15 and not re.search("[。，！？；]", rest)


def _is_heading(text: str) -> bool:
    """A short line without a sentence; one of a few characters may end with a full stop."""
    if len(text) <= 12 and re.fullmatch(r"[^。，！？；：\d]+。", text):
        return True
    return (
        len(text) <= 40 and not re.search("[。！？；]|[，、：]$", text) and not _SPEECH.match(text)
    )
