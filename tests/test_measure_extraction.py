"""Rate of extraction: the same input each time, and the cluster's cost by the measured rate."""

from itertools import islice

from scripts.measure_extraction import (
    TABLE,
    as_cluster_page,
    as_markdown,
    made_pages,
    write_folder,
    write_table,
)

SENTENCES = ["徽县2015年脱贫34户。", "投资120万元修路。"]
MEASURED = {
    "machine": "a machine",
    "seed_characters": 3600.0,
    "speed": {"with": 30_000, "without": 40_000},
    "sizes": [
        {
            "input": TABLE, "pages": size, "characters": size * 100_000, "bytes": size * 300_000,
            "processor_seconds": size * 5.0, "peak_mb": 500,
        }
        for size in (10, 20)
    ],
}  # fmt: skip


def test_pages_are_the_same_each_time():
    first, again = (list(islice(made_pages(SENTENCES, 50), 5)) for _ in range(2))
    assert first == again
    assert len(set(first)) == 5
    assert all(len(page) >= 50 for page in first)


def test_table_tells_what_it_holds(tmp_path):
    path = tmp_path / "in.jsonl"
    held = write_table(path, made_pages(SENTENCES, 50), 3000)
    assert held["bytes"] == path.stat().st_size >= 3000
    assert held["pages"] == len(path.read_text(encoding="utf8").splitlines())


def test_folder_tells_what_it_holds(tmp_path):
    held = write_folder(tmp_path / "in", made_pages(SENTENCES, 50), 150_000)
    files = list((tmp_path / "in").glob("*.html"))
    assert held["pages"] == len(files) == 3
    assert held["bytes"] == sum(file.stat().st_size for file in files) >= 150_000


def test_cost_follows_from_the_rate():
    """1e8 pages of 3,600 characters at 20,000 a second are 5,000 core hours."""
    page = as_cluster_page(MEASURED, price=0.04)
    assert "5,000 core hours" in page
    assert "200 USD" in page
    assert "| 100 | 2.1 |" in page
    assert "cost 25.0% of the speed" in as_markdown(MEASURED)
    assert "| JSONL table | 6 | 20 | 2,000,000 | 20,000 | 500 |" in as_markdown(MEASURED)
