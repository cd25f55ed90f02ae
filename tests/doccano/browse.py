"""An annotator in a real browser: logs in, corrects, nests, comments, confirms.

Run by the Python that has playwright: ``browse.py JOB.json PICTURES``. The job names address,
user, password, project and text; what was drawn is written to standard output as JSON.
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

# Where a stretch of the text, in UTF-16 units, stands on the page: left, right, base line.
PLACE = r"""([start, length]) => {
  const parts = [...document.querySelectorAll('svg text[id]')].filter(t => /^\d+:\d+$/.test(t.id));
  const part = parts.find(t => +t.id.split(':')[0] <= start && start < +t.id.split(':')[1]);
  const from = +part.id.split(':')[0], matrix = part.getScreenCTM();
  const left = part.getStartPositionOfChar(start - from).matrixTransform(matrix);
  const right = part.getEndPositionOfChar(start + length - 1 - from).matrixTransform(matrix);
  return [left.x, right.x, left.y];
}"""
# The same of many; null for half a character.
PLACES = f"rows => rows.map(row => {{ try {{ return ({PLACE})(row) }} catch {{ return null }} }})"
# The lines under the text: left, right, label.
LINES = r"""() => [...document.querySelectorAll('svg line')].map(line => {
  const matrix = line.getScreenCTM(), box = line.ownerSVGElement.createSVGPoint();
  const x = name => { box.x = line[name].baseVal.value; return box.matrixTransform(matrix).x; };
  return [x('x1'), x('x2'), line.parentElement.querySelector('text').textContent];
})"""


class Annotator:
    def __init__(self, page, job, pictures):
        self.page, self.job, self.pictures = page, job, pictures

    def units(self, part):
        """Start and length of a part of the text, as the page counts."""
        text = self.job["text"]
        before = text[: text.index(part)]
        return [len(s.encode("utf-16-le")) // 2 for s in (before, part)]

    def wait(self, milliseconds=700):
        self.page.wait_for_timeout(milliseconds)

    def picture(self, name):
        self.wait()
        self.page.screenshot(path=str(self.pictures / f"{name}.png"))

    def log_in(self):
        page = self.page
        page.goto(f"{self.job['url']}/zh/auth")
        page.wait_for_selector("input[type=password]")
        page.fill("input[type=text]", self.job["user"])
        self.picture("login")
        page.fill("input[type=password]", self.job["password"])
        page.press("input[type=password]", "Enter")
        page.wait_for_url("**/projects**")

    def open(self):
        self.picture("projects")
        self.page.goto(
            f"{self.job['url']}/zh/projects/{self.job['project']}/sequence-labeling?page=1"
        )
        self.page.wait_for_selector("svg line", state="attached")
        self.wait(1500)

    def lines(self):
        """What is drawn: text and label of each line."""
        found = []
        text = self.job["text"]
        for left, right, label in self.page.evaluate(LINES):
            fits = []
            for start in range(len(text)):
                for end in range(start + 1, len(text) + 1):
                    at = len(text[:start].encode("utf-16-le")) // 2
                    size = len(text[start:end].encode("utf-16-le")) // 2
                    fits.append((start, end, at, size))
            places = self.page.evaluate(PLACES, [[at, size] for _, _, at, size in fits])
            best = min(
                (abs(place[0] - left) + abs(place[1] - right), start, end)
                for (start, end, _, _), place in zip(fits, places, strict=True)
                if place
            )
            found.append([text[best[1] : best[2]], label, round(best[0], 1)])
        return sorted(found)

    def label(self, part, key):
        """Choose a label by its hotkey and drag over a part of the text."""
        self.page.keyboard.press(key)
        self.wait()
        left, right, y = self.page.evaluate(PLACE, self.units(part))
        self.page.mouse.move(left + 1, y - 5)
        self.page.mouse.down()
        self.page.mouse.move((left + right) / 2, y - 5, steps=4)
        self.page.mouse.move(right - 1, y - 5, steps=4)
        self.page.mouse.up()
        self.wait(1200)

    def erase(self, label):
        """Delete a span: click its label, then the cross."""
        self.page.click(f"svg text:text-is('{label}')")
        self.picture("menu")
        self.page.click(".v-menu__content.menuable__content__active .v-chip__close")
        self.wait(1200)

    def button(self, path):
        self.page.click(f"button:has(path[d^='{path}'])")

    def guideline(self):
        self.button("M21,4H3A2,2")
        self.picture("guideline")
        self.page.keyboard.press("Escape")
        self.wait()
        if self.page.query_selector(".v-dialog--active"):
            self.page.click(".v-dialog--active button")
            self.wait()

    def comment(self, text):
        self.button("M20,2H4A2,2")
        self.wait()
        self.page.fill(".v-dialog--active textarea", text)
        self.picture("comment")
        self.page.click(".v-dialog--active form button, .v-dialog--active button:not(:disabled)")
        self.wait()
        self.page.keyboard.press("Escape")
        self.wait()
        if self.page.query_selector(".v-dialog--active"):
            self.page.click(".v-dialog--active .v-card__actions button")
            self.wait()

    def confirm(self):
        self.page.keyboard.press("Enter")
        self.picture("confirmed")


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=job["chromium"], args=["--no-sandbox", "--font-render-hinting=none"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 680})
        annotator = Annotator(page, job, Path(sys.argv[2]))
        annotator.log_in()
        annotator.open()
        proposed = annotator.lines()
        annotator.picture("proposals")
        annotator.guideline()
        annotator.erase(job["erase"])
        for part, key in job["draw"]:
            annotator.label(part, key)
        annotator.picture("nested")
        drawn = annotator.lines()
        annotator.comment(job["comment"])
        annotator.confirm()
        browser.close()
    print(json.dumps({"proposed": proposed, "drawn": drawn}))


if __name__ == "__main__":
    main()
