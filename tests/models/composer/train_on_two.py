"""Run by torchrun: a few steps on two processes, which must agree on every parameter after them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from test_composer_model import PLAIN, RECIPE, scale

from models.composer.batches import epoch
from models.composer.data import Pieces
from models.composer.train import Trainer

if __name__ == "__main__":
    torch.set_num_threads(1)
    trainer = Trainer(RECIPE, Path(sys.argv[1]), resume=False)
    machines = trainer.accelerator
    pieces = Pieces.of([scale(shift=s) for s in range(8)])
    rng = np.random.default_rng(0)
    for batch in epoch(pieces, rng, PLAIN, machines.process_index, machines.num_processes):
        trainer.step(batch, 0.0)
    mine = torch.cat([p.detach().flatten() for p in trainer.plain.parameters()])
    both = machines.gather(mine.unsqueeze(0))
    if machines.is_main_process:
        print(f"processes {len(both)} steps {trainer.progress.step}")
        print(f"apart {float((both[0] - both[-1]).abs().max())}")
    machines.end_training()
