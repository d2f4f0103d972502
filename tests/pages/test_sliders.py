"""The envelope to try: by keyboard, in both schemes, without script, and on paper."""

import re

import pytest

PAGES = ("intro", "notebooks/adaptive_kernel")
LUMINANCE = """(selector) => {
  const light = (css) => {
    const [r, g, b] = css.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = getComputedStyle(document.querySelector(selector));
  const drawn = style.fill === "none" ? style.stroke : style.fill;
  return [light(drawn), light(getComputedStyle(document.body).backgroundColor)];
}"""


def explorer(tab):
    """The sliders of a page, its box to tick, and what it says."""
    place = tab.page.locator(".explorer")
    aperture, grid = place.locator("input[type=range]").all()
    return aperture, grid, place.locator("input[type=checkbox]"), place


def numbers(place):
    return [float(n) for n in re.findall(r"\d+\.\d+", place.locator("p").inner_text())]


@pytest.mark.parametrize("name", PAGES)
def test_sliders_move_by_keyboard_and_the_drawings_follow(open_page, name):
    tab = open_page(name, fresh=True)
    aperture, grid, normalized, place = explorer(tab)
    dot = place.locator("circle.dot")
    size, before = numbers(place)[0], float(dot.get_attribute("cx"))
    aperture.focus()
    for _ in range(5):
        tab.page.keyboard.press("ArrowRight")
    assert numbers(place)[0] > size
    assert float(dot.get_attribute("cx")) > before
    tab.page.keyboard.press("Home")
    assert "compute with the bound" in place.inner_text()
    assert numbers(place)[0] == pytest.approx(1, abs=0.1)
    tab.page.keyboard.press("End")
    tab.page.keyboard.press("Tab")  # the grid is next
    assert grid.evaluate("e => e === document.activeElement")
    tab.page.keyboard.press("Home")
    assert place.locator("svg").first.locator("rect.above").count() == 9
    assert numbers(place)[0] == pytest.approx(3, abs=0.05)
    tab.page.keyboard.press("End")
    assert place.locator("svg").first.locator("rect.above").count() == 225
    tab.page.keyboard.press("Tab")
    assert numbers(place)[-1] == pytest.approx(1)
    aperture.evaluate("e => { e.value = -1; e.dispatchEvent(new Event('input')) }")
    normalized.focus()
    tab.page.keyboard.press("Space")
    assert not normalized.is_checked()
    assert numbers(place)[-1] < 0.5  # the mean of the squares is no longer one


@pytest.mark.parametrize("name", PAGES)
def test_controls_and_drawings_have_names(open_page, name):
    place = open_page(name).page.locator(".explorer")
    for control in place.locator("input").all():
        label = place.locator(f"label[for={control.get_attribute('id')}]")
        assert label.inner_text()
    for slider in place.locator("input[type=range]").all():
        assert re.search(
            r"\d.* (kernel widths|pixels)", slider.get_attribute("aria-valuetext")
        )
    drawings = place.locator("svg").all()
    assert len(drawings) == 3
    assert all(len(each.get_attribute("aria-label")) > 20 for each in drawings)


@pytest.mark.parametrize("name", PAGES)
def test_drawings_can_be_seen_in_both_schemes(open_page, name, scheme):
    page = open_page(name, scheme=scheme).page
    for part in ("rect.above", "rect.below", "path.curve", "text"):
        drawn, ground = page.evaluate(LUMINANCE, f".explorer svg {part}")
        low, high = sorted((drawn, ground))
        assert (high + 0.05) / (low + 0.05) > 4.5, part


@pytest.mark.parametrize("name", PAGES)
def test_picture_stands_there_without_script_and_on_paper(
    open_page, browser, site, name
):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / f"{name}.html").as_uri())
    picture = page.locator(".explorer > img")
    assert picture.is_visible()
    assert picture.evaluate("e => e.naturalWidth") > 300
    context.close()
    tab = open_page(name, fresh=True)
    assert not tab.page.locator(".explorer > img").is_visible()
    tab.page.emulate_media(media="print")
    assert tab.page.locator(".explorer > img").is_visible()
    assert not tab.page.locator(".explorer-live").is_visible()


def test_figures_keep_their_labels_legible_on_a_phone(open_page):
    page = open_page("notebooks/adaptive_kernel", 390).page
    pictures = page.locator("figure.align-default img").all()
    assert len(pictures) >= 3
    for picture in pictures:
        assert picture.bounding_box()["width"] >= 600
    for caption in page.locator("figure.align-default figcaption").all():
        box = caption.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
