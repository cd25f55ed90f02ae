"""What every reader of values is asked, a JSON line for each span, and answers."""

import json
import sys
from collections.abc import Callable

# Lower and upper end as decimals (None is no bound), and the currency as ISO 4217.
Ends = tuple[str | None, str | None, str | None]
Reader = Callable[[str, int, int, str], list[Ends]]


def answer(read: Reader, labels: tuple[str, ...]) -> None:
    """Read each asked span; the answers are the last line, for some systems greet on stdout.

    None stands for a label that the system has no function for. A failure of the system is its
    answer to that span: no value.
    """
    answers: list[list[Ends] | None] = []
    for line in map(json.loads, sys.stdin):
        found: list[Ends] | None = None
        if line["label"] in labels:
            try:
                found = read(line["text"], line["start"], line["end"], line["label"])
            except Exception as error:
                print(f"{line}: {error!r}", file=sys.stderr)
                found = []
        answers.append(found)
    print(json.dumps(answers))
