"""How glad or sad words are: the mean valence of the words of VADER's lexicon.

C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
Media Text", ICWSM 2014: 7,500 words rated by ten people from -4 to 4. MIT licence. Only the list
of words is used; the package is found without being imported, since it imports a web client.
"""

from __future__ import annotations

import re
from functools import cache

from models.lyricist.packages import package_folder

_NEGATION = frozenset(
    ["not", "no", "never", "none", "nor", "without", "hardly", "don't", "doesn't", "didn't",
     "can't", "cannot", "couldn't", "won't", "wouldn't", "isn't", "aren't", "wasn't", "weren't",
     "ain't"]
)  # fmt: skip


@cache
def lexicon() -> dict[str, float]:
    """Word -> mean rating, -4 (saddest) to 4 (gladdest)."""
    path = package_folder("vaderSentiment", "vaderSentiment") / "vader_lexicon.txt"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: float(row[1]) for row in rows if row[0].isalpha()}


def valence(text: str) -> float:
    """The sum of ratings over the square root of the number of words; a negation turns it round.

    The square root, as in VADER's own normalisation, lets two sad words weigh more than one
    without a long text weighing more than a short one.
    """
    words = re.findall(r"[a-z']+", text.lower())
    total = 0.0
    for place, word in enumerate(words):
        rating = lexicon().get(word, 0.0)
        if rating and _NEGATION.intersection(words[max(0, place - 2) : place]):
            rating = -0.74 * rating
        total += rating
    return float(total / max(1, len(words)) ** 0.5)
