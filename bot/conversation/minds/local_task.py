"""What the local chat model's process runs: chat messages in, calls as JSON out.

In: `{"messages": [...], "seconds": S}`. Out: `{"calls": [...]}`. The form is held by llguidance
(github.com/guidance-ai/llguidance): at each step only those tokens may come that keep the text a
beginning of valid JSON of the tools' schema, so even a model of 135 M parameters cannot call what
does not exist or name an argument that there is not. What it *means* is another matter: see
`bot.conversation.minds.guard`.
"""

from __future__ import annotations

import copy
import itertools
import json
import time
from typing import Any

import llguidance
import llguidance.hf
import torch
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from transformers import (
    DynamicCache,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)

from bot.conversation.minds import forms, prompt
from bot.domain import OnProgress
from models.lyricist.base import load_causal

#: Tokens of an answer.
_MOST_TOKENS = 512


class _Process:
    """What lives as long as this worker process."""

    chat: Chat | None = None


class Chat:
    """A model, its tokenizer, and the form of its answers."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.vocabulary = llguidance.hf.from_tokenizer(tokenizer, n_vocab=model.config.vocab_size)
        self.knows_tools = "tools" in (tokenizer.chat_template or "")
        self.grammar = grammar(forms.room(model.num_parameters()))
        self._prefix, self._kept = self._rules()

    def answer(self, messages: list[prompt.Message], seconds: float) -> str:
        """The model's likeliest calls, as JSON; cut off where `seconds` end."""
        end = time.monotonic() + seconds
        ids = self._prompt(messages)
        form = Form(self.vocabulary, self.grammar, self.model.config.vocab_size)
        prefix = self._prefix.shape[1]
        known = torch.equal(ids["input_ids"][:, :prefix], self._prefix)
        with torch.inference_mode():
            written = self.model.generate(
                **ids,
                past_key_values=copy.deepcopy(self._kept) if known else None,
                max_new_tokens=_MOST_TOKENS,
                do_sample=False,
                logits_processor=LogitsProcessorList([form]),
                stopping_criteria=StoppingCriteriaList([Deadline(end)]),
                pad_token_id=self.tokenizer.eos_token_id,
            )
        fresh = written[0, ids["input_ids"].shape[1] :]
        return str(self.tokenizer.decode(fresh, skip_special_tokens=True))

    def _rules(self) -> tuple[torch.Tensor, DynamicCache]:
        """The tokens that every question begins with, and what the model made of them.

        Rules and tools are nine tenths of a question, and reading them took most of the time.
        """
        one, two = (
            self._prompt([prompt.system(), {"role": "user", "content": data}])["input_ids"][0]
            for data in ("{", "a")
        )
        pairs = zip(one.tolist(), two.tolist(), strict=False)
        same = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))
        prefix, kept = one[None, :same], DynamicCache(config=self.model.config)
        with torch.inference_mode():
            self.model(prefix, past_key_values=kept, use_cache=True, logits_to_keep=1)
        return prefix, kept

    def _prompt(self, messages: list[prompt.Message]) -> dict[str, torch.Tensor]:
        more = {"tools": prompt.tools()} if self.knows_tools else {}
        form = prompt.form() + ("" if self.knows_tools else prompt.signatures())
        first, *rest = messages
        messages = [{**first, "content": first["content"] + form}, *rest]
        ids = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True, **more
        )
        return {name: tensor.to(self.model.device) for name, tensor in ids.items()}


class Form(LogitsProcessor):  # type: ignore[misc]
    """Lets only those tokens through that keep an answer in its form."""

    def __init__(self, vocabulary: Any, grammar: str, size: int) -> None:
        self._matcher = llguidance.LLMatcher(vocabulary, grammar)
        self._bits = allocate_token_bitmask(1, size)
        self._read: int | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores of the next token, minus infinity where it would break the form."""
        tokens = input_ids[0].tolist()
        if self._read is not None:
            self._matcher.consume_tokens(tokens[self._read :])
        self._read = len(tokens)
        fill_next_token_bitmask(self._matcher, self._bits, 0)
        bits = torch.from_numpy(self._bits)[0]
        allowed = (bits[:, None] >> torch.arange(32, dtype=torch.int32)) & 1
        banned = (allowed.flatten()[: scores.shape[-1]] == 0).to(scores.device)
        return scores.masked_fill(banned, float("-inf"))


class Deadline(StoppingCriteria):  # type: ignore[misc]
    """Stops writing at a monotonic time."""

    def __init__(self, end: float) -> None:
        self._end = end

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        """Whether each sequence is to end."""
        late = time.monotonic() > self._end
        return torch.full((input_ids.shape[0],), late, dtype=torch.bool, device=input_ids.device)


def grammar(within: forms.Room) -> str:
    """The form of an answer, as llguidance reads it."""
    return str(
        llguidance.LLMatcher.grammar_from_json_schema(
            forms.answer(within), defaults={"whitespace_flexible": False}
        )
    )


def open_model(name: str, threads: int = 1) -> Chat:
    """Load the model of this process, once; on the GPU where there is one."""
    if _Process.chat is None:
        torch.set_num_threads(threads)
        model, tokenizer = load_causal(name)
        if torch.cuda.is_available():
            model = model.to("cuda")
        _Process.chat = Chat(model, tokenizer)
    return _Process.chat


def answer(request: str, _seed: int, _out_dir: str, _on_progress: OnProgress) -> str:
    """Calls for chat messages; see `Chat.answer`."""
    told = json.loads(request)
    assert _Process.chat is not None  # noqa: S101 - `open_model` is this worker's init
    return _Process.chat.answer(told["messages"], float(told["seconds"]))
