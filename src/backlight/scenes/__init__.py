"""Pictures of textured, coloured shapes on cluttered backgrounds, with exact ground truth.

Every object has its mask and box, every content word of a caption its objects, every question its
answer and the object that the answer is about::

    from backlight.scenes import batch, scenes

    images, labels, masks = batch(scenes(1000, seed=0, level="medium"))
"""

from __future__ import annotations

from backlight.scenes.captions import CAPTION_WORDS, Caption
from backlight.scenes.levels import LEVELS, Level
from backlight.scenes.making import Batch, batch, make_scene, scenes
from backlight.scenes.paints import COLOURS, TEXTURES
from backlight.scenes.questions import ANSWERS, QUESTION_WORDS, Question
from backlight.scenes.scene import Scene
from backlight.scenes.shapes import CLASSES
from backlight.scenes.sheets import contact_sheet
from backlight.scenes.things import Thing
from backlight.scenes.vocabulary import Vocabulary
from backlight.scenes.words import split_words

__all__ = [
    "ANSWERS",
    "CAPTION_WORDS",
    "CLASSES",
    "COLOURS",
    "LEVELS",
    "QUESTION_WORDS",
    "TEXTURES",
    "Batch",
    "Caption",
    "Level",
    "Question",
    "Scene",
    "Thing",
    "Vocabulary",
    "batch",
    "contact_sheet",
    "make_scene",
    "scenes",
    "split_words",
]
