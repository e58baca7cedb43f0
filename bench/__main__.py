"""`python -m bench`: run every bench and print its table."""

from __future__ import annotations

from bench import bulk, http, loading, mapping, pipeline, validation


def main() -> None:
    """Print the tables, each as soon as it is measured."""
    for bench in (mapping, pipeline, validation, loading, bulk, http):
        print(bench.run(), flush=True)


if __name__ == "__main__":
    main()
