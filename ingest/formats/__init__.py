"""One reader per archive format. Private to `ingest`."""
