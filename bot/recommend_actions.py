"""What presses under lists, forms of consent and ratings do, by action.

In: the client. Out: handlers for `client.actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from bot import consent_ui, rate_desk, recommend_compose, recommend_desk
from bot.client import Segno
from bot.ui import Handler


def recommend_actions(client: Segno) -> Mapping[str, Handler]:
    """Handlers by action."""
    desk = recommend_desk
    return {
        "likes": partial(consent_ui.liked, client),
        "agree": partial(consent_ui.answered, client),
        "countin": partial(consent_ui.count_in, client),
        "list": partial(desk.listed, client),
        "mayi": partial(desk.may_i, client),
        "another": partial(desk.another, client),
        "place": partial(desk.placed, client),
        "choose": partial(desk.chosen, client),
        "card": partial(desk.card, client),
        "like": partial(desk.judge, client, "like"),
        "dislike": partial(desk.judge, client, "dislike"),
        "never": partial(desk.judge, client, "never"),
        "unnever": partial(desk.un_never, client),
        "why": partial(desk.why, client),
        "likethis": partial(recommend_compose.like_this, client),
        "rated": partial(rate_desk.rated, client),
    }
