"""From many pages to one table: what to read, the work on a batch, tables on disk, engines."""
