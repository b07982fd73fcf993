"""`modelmuxer predict`: the difficulty of prompts in bulk, and with a router file how good each model would be."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from muxer.cli import line_by_line
from muxer.cli.line_by_line import Job
from muxer.cli.plans import BAD_CONFIGURATION
from muxer.cli.screen import complain
from muxer.core import difficulty, tokens
from muxer.core.features import extract
from muxer.learn import router_file
from muxer.learn.conversation import Conversation
from muxer.learn.router_file import RouterFileInvalid
from muxer.types.chat import ChatRequest

PROBLEM = "Cannot predict"


class Question(Conversation, frozen=True, kw_only=True):
    """One line to predict for."""

    id: str | int


class Prediction(Struct, frozen=True, omit_defaults=True):
    """One line of predictions. Difficulty is that of `muxer.core.difficulty`; quality is by model. All 0 to 1."""

    id: str | int
    difficulty: float
    quality: dict[str, float] = {}


def run(source: Path, target: Path, router: Path | None) -> int:
    """Predicts for all lines of `source`; without a router file, difficulty alone. Returns the exit code."""
    try:
        model = router_file.load(router) if router else None
    except (RouterFileInvalid, OSError) as error:
        complain(PROBLEM, f"--router {router}: {getattr(error, 'strerror', None) or error}")
        return BAD_CONFIGURATION

    def predict(question: Question, request: ChatRequest) -> Prediction:
        features = extract(request, tokens.count)
        quality = {} if model is None else dict(model.quality(features))
        return Prediction(question.id, difficulty.difficulty(features), quality)

    return line_by_line.run(Job(source, target, PROBLEM, (router,)), Question, predict)
