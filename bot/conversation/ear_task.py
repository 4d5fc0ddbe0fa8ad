"""What the ear's process runs: a text in, a `Heard` as JSON out."""

from __future__ import annotations

import json
from functools import lru_cache

from bot.domain import OnProgress
from models.listener.predict import Listener, load_listener


@lru_cache(maxsize=1)
def open_listener() -> Listener:
    """Load the network of this process, once."""
    return load_listener()


def listen(text: str, _seed: int, _out_dir: str, _on_progress: OnProgress) -> str:
    """What a text says; see `models.listener.heard`."""
    return json.dumps(open_listener().listen(text).as_json(), ensure_ascii=False)
