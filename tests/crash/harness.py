"""`python -m tests.crash.harness --kills 50`: the crash bench as a table; fails when it should."""

import argparse
import sys

from bot.bench.crash import bench_crash

MUST_BE_ZERO = (
    "lost", "doubled", "wrong", "overwritten", "gave_up", "integrity_problems", "orphans",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=14)
    arguments = parser.parse_args()
    found = bench_crash(arguments.kills, arguments.seed)
    for name, value in found.items():
        print(f"{name:22} {value}")
    return int(any(found[name] for name in MUST_BE_ZERO))


if __name__ == "__main__":
    sys.exit(main())
