"""The gold corpus: one span per line of ``corpus/gold/<page>.jsonl``, with its provenance."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.annotation.spans import Span


class GoldError(ValueError):
    """A line of the gold corpus that can't be used; the message names file, line and mend."""


@dataclass(frozen=True)
class GoldSpan:
    """A settled span of a raw page.

    start, end: half-open code-point offsets into the decoded page (no byte-order mark).
    passes: the annotation passes that had exactly this span. settled: why it stands, where the
    passes disagreed; None where they agreed.
    """

    start: int
    end: int
    label: str
    text: str
    passes: tuple[str, ...]
    settled: str | None = None

    @property
    def span(self) -> Span:
        """The span without its provenance."""
        return Span(self.start, self.end, self.label)


def read_gold(path: Path) -> list[GoldSpan]:
    """The gold spans of one page, in the file's order; raises `GoldError`."""
    spans = []
    for number, line in enumerate(path.read_text(encoding="utf8").split("\n")[:-1], 1):
        try:
            row = json.loads(line)
            spans.append(GoldSpan(**(row | {"passes": tuple(row["passes"])})))
        except (ValueError, TypeError, KeyError) as error:
            raise GoldError(
                f"{path}:{number}: {error!r}; a line holds start, end, label, text, passes, settled"
            ) from error
    return spans


def write_gold(path: Path, spans: Iterable[GoldSpan]) -> None:
    """Write the spans of one page, one per line, in the order given; whole or not at all."""
    lines = [json.dumps(asdict(span), ensure_ascii=False) for span in spans]
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf8")
    unfinished.replace(path)
