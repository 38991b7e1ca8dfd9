"""Entry point of the job `users` on AWS Glue."""

from __future__ import annotations

import sys

from glue_jobs.catalog.entry import main

if __name__ == "__main__":
    main("users", sys.argv[1:])
