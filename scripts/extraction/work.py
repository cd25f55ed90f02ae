"""One batch: pages to Docs, Docs to rows."""

import gc
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from scripts.components import facts, places, quantities, spans, tok2vec, tokenizer  # noqa: F401
from scripts.extraction.sources import Batch, Columns, Record, read_records
from scripts.pages.decode import PageError, decode, require_chinese
from scripts.pages.document import Paragraph
from scripts.pages.html import is_html
from scripts.pages.lost import DIVISIONS, Division, read_divisions
from scripts.pages.page import read_page

PIECE = 20_000  # characters of a Doc at most: a longer page is cut where a line or sentence ends
_CUT = re.compile(r"[\n。！？；]|[，、\s]")

# Columns of the table; what each means stands with `scripts.components.facts.Fact` and
# `scripts.components.quantities.Quantity`. start, end: code points of the page as decoded.
NUMBERS = ("low", "high", "confidence", "span_confidence")
OFFSETS = ("start", "end", "sentence_start")
FLAGS = ("closed_low", "closed_high", "exact", "change")
COLUMNS = (
    "document", "place_code", "place", "within", "time", "indicator", "low", "high", "unit",
    "currency", "basis", "exact", "change", "closed_low", "closed_high", "dimension", "pint",
    "reason", "label", "text", "start", "end", "sentence", "sentence_start", "confidence",
    "span_confidence", "model",
)  # fmt: skip


class ModelError(ValueError):
    """A pipeline that can't extract facts; the message says what to do."""


@dataclass(frozen=True)
class Rejected:
    """A page that gave nothing, or not all that it holds, and why."""

    document: str
    reason: str


@dataclass
class Result:
    """What a batch gave; docs only where they are asked for."""

    rows: list[dict[str, Any]]
    docs: list[Doc]
    rejected: list[Rejected]
    pages: int = 0
    characters: int = 0


class _Piece:
    """A text for the pipeline, and the way from its offsets to those of the page."""

    def __init__(self, document: str, text: str, start: int = 0) -> None:
        self.document, self.text, self._start = document, text, start

    def raw(self, start: int, end: int) -> tuple[int, int]:
        return self._start + start, self._start + end


class _View(_Piece):
    """Paragraphs of an HTML page, one a line."""

    def __init__(self, document: str, paragraphs: list[Paragraph]) -> None:
        super().__init__(document, "\n".join(paragraph.text for paragraph in paragraphs))
        self._paragraphs = paragraphs
        self._starts = [0]
        for paragraph in paragraphs:
            self._starts.append(self._starts[-1] + len(paragraph.text) + 1)

    def raw(self, start: int, end: int) -> tuple[int, int]:
        first, last = self._at(start), self._at(end - 1, back=True)
        return first[0], last[1]

    def _at(self, offset: int, back: bool = False) -> tuple[int, int]:
        number = bisect_right(self._starts, offset) - 1
        paragraph, at = self._paragraphs[number], offset - self._starts[number]
        at = min(at, len(paragraph.text) - 1)  # a line break belongs to the paragraph before it
        return paragraph.to_raw(at, at + 1)


def load(name: str) -> Language:
    """The installed pipeline, or the one in a folder; raises ModelError without its facts."""
    try:
        nlp = spacy.load(name)
    except OSError as error:
        raise ModelError(f"{name}: no pipeline; install its wheel or give its folder") from error
    if "facts" not in nlp.pipe_names:
        raise ModelError(f"{name}: the pipeline has no component `facts`; use a newer one")
    nlp.max_length = 10**9
    return nlp


class Worker:
    """Reads batches with one pipeline."""

    def __init__(self, model: str, columns: Columns, keep_docs: bool = False) -> None:
        self._nlp = load(model)
        gc.freeze()  # nothing of the pipeline is ever garbage: collections needn't look at it
        self._columns = columns
        self._keep_docs = keep_docs
        self._divisions: list[Division] = []

    def read(self, batch: Batch) -> Result:
        """Rows and rejects of a batch; nothing a page holds raises."""
        result = Result([], [], [])
        pieces: list[_Piece] = []
        for record in self._records(batch):
            result.pages += 1
            try:
                found = list(self._pieces(record))
            except Exception as error:  # one page must not end the run
                result.rejected.append(Rejected(record.document, _reason(error)))
                continue
            pieces += found
            result.characters += sum(len(piece.text) for piece in found)
        # One Doc at a time lies in memory, beside the batch of the pipeline itself.
        for piece, doc in self._docs(pieces, result):
            for fact in doc._.facts:
                result.rows.append(_row(fact, piece))
            if self._keep_docs:
                result.docs.append(doc)
        return result

    def _records(self, batch: Batch) -> Iterator[Record]:
        """The pages of a batch; where its table breaks off, an error."""
        try:
            yield from read_records(batch, self._columns)
        except Exception as error:
            yield Record(batch.paths[0], "", _reason(error))

    def _pieces(self, record: Record) -> Iterator[_Piece]:
        if record.error:
            raise PageError(record.error)
        text = record.content
        if isinstance(text, bytes):
            text, _ = decode(text)
        elif not text.strip():
            raise PageError("the text is empty")
        if not is_html(text):
            require_chinese(text.strip())
            yield from (_Piece(record.document, part, at) for at, part in _cut(text))
            return
        if not self._divisions:
            self._divisions = read_divisions(DIVISIONS)
        page = read_page(text, record.document, self._divisions)
        paragraphs = [p for document in page.documents for p in document.paragraphs]
        require_chinese("".join(paragraph.text for paragraph in paragraphs))
        for document in page.documents:
            for part in _grouped(document.paragraphs):
                yield _View(record.document, part)

    def _docs(self, pieces: list[_Piece], result: Result) -> Iterator[tuple[_Piece, Doc]]:
        """A Doc for each piece; where the pipeline fails, the page is rejected."""
        failed: set[str] = set()
        for piece, doc in self._piped(pieces):
            if isinstance(doc, Doc):
                doc.user_data["document"] = piece.document
                yield piece, doc
            elif piece.document not in failed:
                failed.add(piece.document)
                result.rejected.append(Rejected(piece.document, _reason(doc)))

    def _piped(self, pieces: list[_Piece]) -> Iterator[tuple[_Piece, Doc | Exception]]:
        done = 0
        try:
            pairs = ((piece.text, piece) for piece in pieces)
            for doc, piece in self._nlp.pipe(pairs, as_tuples=True, batch_size=16):
                yield piece, doc
                done += 1
        except Exception:  # which of the texts it was, the pipe can't say
            for piece in pieces[done:]:
                try:
                    yield piece, self._nlp(piece.text)
                except Exception as error:
                    yield piece, error


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, PageError) else f"{type(error).__name__}: {error}"


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Parts of `text` of `PIECE` characters at most with their offsets, joined the text again."""
    at = 0
    while at < len(text):
        end = at + PIECE
        if end < len(text):
            ends = [
                m.end() for m in _CUT.finditer(text, at + PIECE // 2, end) if m[0] in "\n。！？；"
            ]
            ends = ends or [m.end() for m in _CUT.finditer(text, at + PIECE // 2, end)]
            end = ends[-1] if ends else end
        yield at, text[at:end]
        at = end


def _grouped(paragraphs: Iterable[Paragraph]) -> Iterator[list[Paragraph]]:
    """Paragraphs of a document in parts of about `PIECE` characters."""
    part: list[Paragraph] = []
    size = 0
    for paragraph in paragraphs:
        if part and size + len(paragraph.text) > PIECE:
            yield part
            part, size = [], 0
        part.append(paragraph)
        size += len(paragraph.text)
    if part:
        yield part


def _row(fact: facts.Fact, piece: _Piece) -> dict[str, Any]:
    row = fact.to_row()
    row["start"], row["end"] = piece.raw(fact.start, fact.end)
    sentence_end = fact.sentence_start + len(fact.sentence)
    row["sentence_start"] = piece.raw(fact.sentence_start, sentence_end)[0]
    return {name: row[name] for name in COLUMNS}
