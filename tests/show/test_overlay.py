"""Maps land where they belong, the photo stays recognisable, and no word is cut off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from backlight.errors import InputError
from backlight.show.colour import diverging, sequential
from backlight.show.geometry import shown_size
from backlight.show.overlay import draw_boxes, overlay, pixel_map, relief
from backlight.show.panel import captioned, legend_bar
from backlight.show.text import Typeface, clean, wrap

CAPTION = [
    "Why tabby?",
    "score 8.31 · probability 0.62",
    "Grad-CAM · layer _bn1 7\u00d77\u00d71280",
]


@pytest.fixture(scope="module")
def cat():
    return Image.fromarray(data.chelsea())


def bare(photo, heat, **options):
    return np.asarray(overlay(photo, heat, legend=False, **options), dtype=float)


def grey_photo(width=500, height=480, level=128):
    return Image.new("RGB", (width, height), (level,) * 3)


def test_a_zero_map_changes_no_shape_of_the_photo(cat):
    drawn = bare(cat, np.zeros((7, 7)), signed=False)
    # Half the colour is drained, the brightness is the photo's own.
    weights = np.array([0.299, 0.587, 0.114])
    assert np.abs(drawn @ weights - np.asarray(cat, dtype=float) @ weights).max() < 1.5


def test_no_opacity_draws_no_colour(cat):
    zero = bare(cat, np.zeros((7, 7)), signed=False)
    assert (bare(cat, np.ones((7, 7)), signed=False, opacity=0) == zero).all()


def test_full_opacity_at_full_strength_is_the_colour_itself():
    assert (bare(grey_photo(), np.ones((3, 3)), signed=False, opacity=1) == sequential(1.0)).all()
    for sign in (-1.0, 1.0):
        drawn = bare(grey_photo(), np.full((3, 3), sign), signed=True, opacity=1)
        assert (drawn == diverging(sign)).all()


def test_the_photo_shows_through_where_the_map_is_strongest(cat):
    drawn = bare(cat, np.ones((7, 7)), signed=False).mean(axis=2).ravel()
    assert np.corrcoef(drawn, np.asarray(cat, dtype=float).mean(axis=2).ravel())[0, 1] > 0.95


@given(
    row=st.integers(0, 6),
    column=st.integers(0, 6),
    x0=st.integers(0, 150),
    y0=st.integers(0, 150),
    side=st.integers(140, 300),
)
@settings(max_examples=25, deadline=None)
def test_the_strongest_cell_lies_at_its_place_in_the_region(row, column, x0, y0, side):
    heat = np.zeros((7, 7))
    heat[row, column] = 1
    region = (x0, y0, x0 + side, y0 + side)
    coloured = bare(grey_photo(), heat, signed=False, region=region)
    nothing = bare(grey_photo(), 0 * heat, signed=False, region=region)
    change = np.abs(coloured - nothing).sum(axis=2)
    ys, xs = np.nonzero(change > 0.9 * change.max())
    cell = side / 7
    assert abs(xs.mean() + 0.5 - (x0 + (column + 0.5) * cell)) < 0.5 * cell
    assert abs(ys.mean() + 0.5 - (y0 + (row + 0.5) * cell)) < 0.5 * cell
    outside = np.ones(change.shape, dtype=bool)
    outside[y0 : y0 + side, x0 : x0 + side] = False
    assert change[outside].max(initial=0) == 0


def test_what_the_model_never_saw_is_grey_and_dimmer(cat):
    drawn = bare(cat, np.zeros((7, 7)), signed=False, region=(75.5, 0, 375.5, 300))
    unseen, photo = drawn[:, :75], np.asarray(cat, dtype=float)[:, :75]
    assert (unseen.max(axis=2) - unseen.min(axis=2)).max() == 0
    assert unseen.mean() < 0.8 * photo.mean()
    assert (drawn[:, 80:370].max(axis=2) > drawn[:, 80:370].min(axis=2)).mean() > 0.9


def test_a_region_may_reach_beyond_the_photo_where_the_model_saw_padding():
    heat = np.zeros((8, 8))
    heat[:, 2:] = 1
    drawn = bare(grey_photo(600, 300), heat, signed=False, region=(-200, -150, 600, 450), opacity=1)
    # Cells 0 and 1 lie left of the photo: all that is seen of the map is one.
    assert (drawn[:, 100:] == sequential(1.0)).all()


def test_both_signs_are_equally_light_on_a_mid_grey_photo():
    for strength in (0.3, 0.6, 1.0):
        against, favour = (
            bare(grey_photo(), np.full((2, 2), sign * strength), signed=True).mean(axis=(0, 1))
            @ [0.2126, 0.7152, 0.0722]
            for sign in (-1, 1)
        )
        assert abs(against - favour) < 12


@pytest.mark.parametrize(
    ("photo", "shown"),
    [
        ((451, 300), (451, 300)),
        ((32, 32), (448, 448)),
        ((64, 43), (448, 301)),
        ((1, 1), (448, 448)),
        ((6000, 800), (1600, 213)),
        ((100, 1000), (160, 1600)),
        ((9, 9000), (2, 1600)),
        ((9000, 1), (1600, 1)),
    ],
)
def test_small_photos_grow_and_huge_ones_shrink(photo, shown):
    assert shown_size(*photo) == shown
    picture = overlay(Image.new("RGB", photo), np.eye(7), signed=False, legend=False)
    assert picture.size == shown


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_photos_of_any_mode_are_drawn(cat, mode):
    assert overlay(cat.convert(mode), np.eye(7), signed=False).mode == "RGB"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_boxes_are_seen_on_any_ground(level):
    picture = grey_photo(200, 100, level)
    draw_boxes(picture, [(20, 10, 120, 90)])
    pixels = np.asarray(picture)[..., 0].astype(int)
    edge = pixels[50, 18:30]
    assert edge.max() - edge.min() == 255
    changed = np.argwhere(pixels != level)
    assert changed.min(axis=0).tolist() >= [10, 20]
    assert changed.max(axis=0).tolist() <= [89, 119]
    assert (pixels[20:80, 30:110] == level).all()


def test_boxes_are_scaled_with_the_photo():
    plain = bare(grey_photo(64, 64), np.zeros((2, 2)), signed=False)
    boxed = bare(grey_photo(64, 64), np.zeros((2, 2)), signed=False, boxes=[(16, 32, 48, 64)])
    ys, xs = np.nonzero((plain != boxed).any(axis=2))
    assert (xs.min(), ys.min(), xs.max(), ys.max()) == (112, 224, 335, 447)


def test_boxes_smaller_than_a_line_or_outside_do_not_fail():
    picture = grey_photo(50, 50)
    draw_boxes(picture, [(5, 5, 6, 6), (60, 60, 90, 90), (3, 3, 3, 3), (0, 0, 2, 50)])
    assert (np.asarray(picture)[20:, 20:] == 128).all()


@pytest.mark.parametrize("width", [64, 300, 700, 1600])
@pytest.mark.parametrize(
    "line",
    ["word " * 60, "a_file_name_without_any_break_" * 12, "\U0001f431\u65e5\u672c\u8a9e " * 40],
)
def test_captions_are_never_cut_off(width, line):
    picture = captioned(grey_photo(width, 40), legend="sequential", caption=["Why?", line])
    pixels = np.asarray(picture)[40:]
    assert (pixels[:, [0, 1, 2, -1, -2, -3]] == 255).all()
    assert (pixels[-4:] == 255).all()
    longer = captioned(grey_photo(width, 40), legend="sequential", caption=["Why?", line * 4])
    assert longer.height > picture.height


@given(st.text(max_size=200), st.integers(40, 400))
@settings(max_examples=60, deadline=None)
def test_any_text_is_wrapped_within_its_width_and_loses_no_letter(text, width):
    face = Typeface(clean(text))
    fitted = face.fit(clean(text))
    font = face.at(13)
    lines = wrap(fitted, font, width)
    assert all(font.getlength(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(fitted.split())


@pytest.mark.parametrize("sign", "\u00d7·\u2013²ä\u03b1\u0416\u65e5\ud800\u202e\x00\n")
def test_every_sign_is_drawn_or_exchanged_never_a_crash(sign):
    text = clean(f"a{sign}b")
    face = Typeface(text)
    shown = face.fit(text)
    assert shown[0] == "a"
    assert shown[-1] == "b"
    box = bytes(face.at(24).getmask("\uffff"))
    assert all(bytes(face.at(24).getmask(c)) != box for c in shown if c != " ")
    assert captioned(grey_photo(), caption=f"a{sign}b").height > 480


def test_text_from_outside_is_cleaned_to_one_line():
    assert clean("a\r\nb\t c\x1b[31m") == "a b c [31m"
    assert clean("\u202egnp.exe\ud800") == "\ufffdgnp.exe\ufffd"


def test_a_typeface_prefers_the_built_in_font_with_stand_ins():
    assert Typeface("7\u00d77 \u2013 m²").fit("7\u00d77 \u2013 m²") == "7x7 - m^2"


def test_without_legend_and_caption_nothing_is_added(cat):
    assert overlay(cat, np.eye(7), signed=False, legend=False).size == cat.size
    assert overlay(cat, np.eye(7), signed=False).height > cat.height
    assert overlay(cat, np.eye(7), signed=False, caption=CAPTION).height > cat.height + 80


def test_legend_bars_show_the_colours_of_their_maps():
    assert (np.asarray(legend_bar("sequential"))[0] == sequential(np.linspace(0, 1, 256))).all()
    bar = np.asarray(legend_bar("diverging", 255))[0]
    assert (bar[[0, 127, 254]] == diverging([-1.0, 0.0, 1.0])).all()
    assert (np.diff(np.asarray(legend_bar("relief"))[0, :, 0].astype(int)) == 1).all()


def test_the_inputs_are_left_as_they_were(cat):
    heat, before = np.eye(7) * 2 - 1, cat.tobytes()
    kept = heat.copy()
    overlay(cat, heat, signed=True, boxes=[(1, 2, 30, 40)], caption=CAPTION)
    assert (heat == kept).all()
    assert cat.tobytes() == before


@pytest.mark.parametrize(
    ("heat", "options", "message"),
    [
        (np.full((7, 7), 2.0), {}, r"must lie within \[0, 1\], got 2 to 2"),
        (np.full((7, 7), np.nan), {}, "got NaN"),
        (np.zeros((3, 7, 7)), {}, r"values \(h, w\), got shape \(3, 7, 7\)"),
        (np.zeros((0, 7)), {}, "got shape"),
        (np.zeros((7, 7)), {"region": (30, 0, 20, 9)}, "does not lie on the photo of 451x300"),
        (np.zeros((7, 7)), {"region": (500, 0, 600, 9)}, "does not lie on the photo"),
        (np.zeros((7, 7)), {"opacity": 2}, "opacity is a number from 0 to 1, got 2"),
    ],
)
def test_wrong_input_is_refused_in_one_line(cat, heat, options, message):
    with pytest.raises(InputError, match=message) as caught:
        overlay(cat, heat, signed=False, **options)
    assert "\n" not in str(caught.value)


def test_a_pixel_map_has_one_pixel_per_value():
    assert (np.asarray(pixel_map(np.eye(5), signed=False)) == sequential(np.eye(5))).all()
    assert (np.asarray(pixel_map(-np.eye(5), signed=True)) == diverging(-np.eye(5))).all()
    coloured = np.asarray(pixel_map(np.zeros((2, 3, 3)), signed=True))
    assert coloured.shape == (2, 3, 3)
    assert (coloured == 128).all()
    assert (np.asarray(pixel_map(np.zeros((2, 3, 3)), signed=False)) == 0).all()


def test_a_relief_is_mid_grey_at_zero_and_scaled_symmetrically():
    values = np.random.default_rng(0).normal(size=(3, 50, 60))
    values[:, 0, 0] = 0
    values[:, 1, 1] = 1e6  # one wild pixel must not make the others vanish
    picture = np.asarray(relief(values)).astype(int)
    assert picture.shape == (50, 60, 3)
    assert (picture[0, 0] == 128).all()
    assert (picture[1, 1] == 255).all()
    assert picture.std() > 30
    mirrored = np.asarray(relief(-values)).astype(int)
    assert np.abs(picture + mirrored - 255).max() <= 1


def test_a_relief_of_nothing_is_mid_grey_and_one_channel_is_grey():
    assert (np.asarray(relief(np.zeros((3, 4, 5)))) == 128).all()
    single = np.zeros((1, 40, 40))
    single[0, 3, 4] = -2.0  # rarer than the percentile: the maximum is the scale then
    picture = np.asarray(relief(single))
    assert (picture[3, 4] == 0).all()
    assert picture.sum() == 128 * 3 * (40 * 40 - 1)


@pytest.mark.parametrize(
    "values", [np.zeros((2, 4, 4)), np.zeros((4, 4)), np.full((3, 4, 4), np.inf)]
)
def test_a_relief_of_something_else_is_refused(values):
    with pytest.raises(InputError, match="a relief is drawn from"):
        relief(values)
