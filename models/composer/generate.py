"""What the composer can do, with one weight.

In: a `Plan`, or `Source`s (a plan and its melody: a piece of Segno's or a person's file), and a
`Composer`. Out: a melody, or a new `Source`, ready for the arranger. The same arguments and seed
give the same music.
"""

from __future__ import annotations

from models import hub
from models.composer import novelty
from models.composer.compose import Motif, Wish, compose
from models.composer.decoding.decode import Decoder
from models.composer.harmonising import develop, harmonise, remelodise
from models.composer.harmony.harmoniser import Harmoniser
from models.composer.model import ComposerModel, Shape
from models.composer.page import Composer
from models.composer.rewriting import continue_, infill, vary
from models.composer.sliders import Sliders
from models.composer.source import Source
from models.composer.transfer import blend, manner, restyle

__all__ = [
    "Composer", "Motif", "Sliders", "Source", "Wish", "blend", "compose", "continue_", "develop",
    "harmonise", "infill", "load_composer", "manner", "remelodise", "restyle", "vary",
]  # fmt: skip


def load_composer(name: str = "composer") -> Composer:
    """The shipped composer, on CPU, ready; the caller keeps it.

    Raises
    ------
    Refusal
        When the weight is missing or not the shipped one.
    """
    tensors, facts = hub.load(name)
    index = novelty.Index.from_tensors(tensors)
    others = ("novelty.", "harmoniser.")
    model = ComposerModel(Shape(**facts["shape"]))
    model.load_state_dict({k: v.float() for k, v in tensors.items() if not k.startswith(others)})
    harmoniser = Harmoniser.from_tensors(tensors, facts["harmoniser"])
    return Composer(Decoder(model.eval().requires_grad_(False)), index, harmoniser)
