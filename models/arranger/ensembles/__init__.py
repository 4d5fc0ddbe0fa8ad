"""Ensembles beyond the band: what a band plays, written out for other players."""

from models.arranger.ensembles.write import arrange as arrange_ensemble
from models.arranger.ensembles.write import band_plan

__all__ = ["arrange_ensemble", "band_plan"]
