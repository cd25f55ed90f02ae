"""Prepare doccano's database and its admin; run by the Python of the server's environment.

Reads DATABASE_URL, DOCCANO_USER and DOCCANO_PASSWORD from the environment. Run twice, it
changes nothing but the admin's password.
"""

import os
import sqlite3
import sys

import django  # type: ignore[import-not-found, unused-ignore]
from django.core.management import call_command  # type: ignore[import-not-found, unused-ignore]


def main() -> None:
    """Migrate, make roles, admin and the queue of tasks."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        # Web server and task worker write at the same time: readers must not wait for writers.
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute("PRAGMA journal_mode=WAL")
    django.setup()
    call_command("wait_for_db")
    call_command("migrate", verbosity=0)
    call_command("create_roles")
    from django.contrib.auth.models import User  # type: ignore # noqa: PLC0415

    user, _ = User.objects.get_or_create(username=os.environ["DOCCANO_USER"])
    user.is_staff = user.is_superuser = True
    user.set_password(os.environ["DOCCANO_PASSWORD"])
    user.save()
    # The queue's tables: two processes of the worker that made them at once would collide.
    from config.celery import app  # type: ignore # noqa: PLC0415

    with app.connection() as connection:
        connection.SimpleQueue("celery").close()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
