"""Reading mail archives faithfully: files in, typed messages and chunks out."""
