"""A system that knows three words, and greets as some do."""

import re

_WORDS = re.compile("秦安县|120|万元")


def load():
    print("greetings")

    def read(texts):
        for text in texts:
            yield [(*m.span(), "ns" if m[0] == "秦安县" else "m") for m in _WORDS.finditer(text)]

    return read
