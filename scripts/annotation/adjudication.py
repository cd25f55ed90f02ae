"""From what several annotators confirmed to gold: where they agree, and what one decides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from scripts.annotation.gold import GoldSpan
from scripts.annotation.spans import Span, problems
from scripts.annotation.tasks import Task, reading_order
from scripts.doccano.exchange import Confirmed

Key = tuple[str, int]
AGREED = "agreed"  # the `proposed_by` of a review task begins so


@dataclass
class Outcome:
    """What became of the tasks of a round.

    gold: the spans of the settled tasks, raw, by page. ranges: the raw ranges of the settled
    tasks, by page. review: tasks to decide, with their comments. waiting: tasks that somebody
    has not confirmed yet, with the names.
    """

    gold: dict[str, list[GoldSpan]] = field(default_factory=dict)
    ranges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    review: list[tuple[Task, list[str]]] = field(default_factory=list)
    waiting: list[tuple[Task, list[str]]] = field(default_factory=list)


def key_of(task: Task) -> Key:
    """What names a task."""
    return task.document, task.paragraph


def adjudicate(
    tasks: Iterable[Task],
    versions: Mapping[str, Iterable[Confirmed]],
    review: Iterable[Confirmed],
    pages: Mapping[str, str],
) -> Outcome:
    """Settle what all annotators confirmed alike, or the review decided; the rest is open.

    versions: each annotator's confirmed tasks. pages: the raw text of each page.
    """
    read = {name: {key_of(row.task): row for row in rows} for name, rows in versions.items()}
    decided = {key_of(row.task): row for row in review}
    outcome = Outcome()
    for task in tasks:
        key = key_of(task)
        found = {name: rows[key] for name, rows in read.items() if key in rows}
        if key in decided:
            _settle(outcome, decided[key], found, pages[task.page], reviewed=True)
        elif absent := [name for name in read if name not in found]:
            outcome.waiting.append((task, absent))
        else:
            spans = [set(row.task.label) for row in found.values()]
            common = set.intersection(*spans)
            if all(version == common for version in spans) and not any(problems(task.text, common)):
                _settle(outcome, next(iter(found.values())), found, pages[task.page])
            else:
                outcome.review.append(_to_review(task, found, common))
    return outcome


def _settle(
    outcome: Outcome,
    row: Confirmed,
    found: Mapping[str, Confirmed],
    raw: str,
    *,
    reviewed: bool = False,
) -> None:
    reason = None
    if reviewed:
        said = " ".join(c.text for c in row.comments if c.by == row.by)
        reason = f"review by {row.by}" + (f": {said}" if said else "")
    outcome.ranges.setdefault(row.task.page, []).append((row.task.start, row.task.end))
    page = outcome.gold.setdefault(row.task.page, [])
    for span in row.raw:
        by = tuple(name for name, version in found.items() if span in version.raw)
        settled = reason if len(by) < len(found) or not found else None
        text = raw[span.start : span.end]
        page.append(GoldSpan(span.start, span.end, span.label, text, by, settled))


def _to_review(
    task: Task, found: Mapping[str, Confirmed], common: set[Span]
) -> tuple[Task, list[str]]:
    """The task with what all agree on, and comments that show each one's version of the rest."""
    lawful: list[Span] = []
    for span in reading_order(common):
        if not any(problems(task.text, [*lawful, span])):
            lawful.append(span)
    comments = []
    for name, row in found.items():
        rest = reading_order(set(row.task.label) - set(lawful))
        shown = "、".join(f"[{task.text[s.start : s.end]}]{s.label}" for s in rest)
        comments.append(f"{name}：{shown or '（没有别的标注）'}")
        comments += [f"{name} 的评论：{c.text}" for c in row.comments if c.by == name]
    fields = vars(task) | {
        "label": tuple(lawful),
        "proposed_by": f"{AGREED}: {', '.join(found)}",
    }
    return Task(**fields), comments


def merged(
    existing: Iterable[GoldSpan],
    settled: Iterable[GoldSpan],
    ranges: Iterable[tuple[int, int]],
) -> list[GoldSpan]:
    """A page's gold, where the settled ranges are replaced by what was settled.

    A span that was there before keeps who had it then, and why it stands.
    """
    existing, ranges = list(existing), list(ranges)
    before = {span.span: span for span in existing}
    settled = [_with_past(span, before.get(span.span)) for span in settled]
    kept = [
        span
        for span in existing
        if not any(start <= span.start and span.end <= end for start, end in ranges)
    ]
    return sorted([*kept, *settled], key=lambda s: (s.start, -s.end, s.label))


def _with_past(span: GoldSpan, past: GoldSpan | None) -> GoldSpan:
    if past is None:
        return span
    more = tuple(name for name in span.passes if name not in past.passes)
    return replace(past, passes=past.passes + more, settled=span.settled or past.settled)


def compared(
    one: Iterable[Confirmed], other: Iterable[Confirmed]
) -> Iterator[tuple[Task, tuple[Span, ...], tuple[Span, ...]]]:
    """The tasks that both confirmed, with both versions of their spans."""
    others = {key_of(row.task): row.task for row in other}
    for row in one:
        if match := others.get(key_of(row.task)):
            yield row.task, row.task.label, match.label
