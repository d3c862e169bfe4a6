"""The only modules that import heavy libraries; built by `rag.build` alone."""
