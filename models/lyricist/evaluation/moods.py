"""Whether the asked mood is there, by a lexicon that the decoder never sees.

The decoder is steered by VADER's ratings; verses are measured with AFINN (F. A. Nielsen, "A new
ANEW", 2011), another author's list. What two lexicons can agree on at all is measured on the books.
"""

from __future__ import annotations

from afinn import Afinn

from models.composer.evaluation.study import Figure, correlation, mean
from models.lyricist.evaluation.melodies import VALENCES
from models.lyricist.evaluation.study import Study
from models.lyricist.valence import valence

_PEOPLE = 1_000


def moods(study: Study) -> list[Figure]:
    """Spearman's correlation of asked and measured valence; the mean at each asked level."""
    afinn = Afinn()
    asked = [text.valence or 0.0 for text in study.ours]
    found = [afinn.score(text.text) for text in study.ours]
    held = [" ".join(stanza.lines) for stanza in study.held[:_PEOPLE]]
    people = correlation([valence(text) for text in held], [afinn.score(text) for text in held])
    free = [afinn.score(text.text) for text in study.untuned]
    told = f"VADER and AFINN on {len(held)} stanzas of books: {people:.2f}"
    out = [
        Figure("rank correlation of asked and found (AFINN)", correlation(asked, found), "",
               ">= 0.6", told),
        Figure("untuned, asked in words",
               correlation([t.valence or 0.0 for t in study.untuned], free)),
    ]  # fmt: skip
    for level in VALENCES:
        some = [score for a, score in zip(asked, found, strict=True) if a == level]
        if some:
            out.append(Figure(f"AFINN a verse, asked {level:+.1f}", mean(some)))
    return out
