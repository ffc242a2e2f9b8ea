"""The form designer in a browser: a form built by dragging, and one with the keyboard alone, in both languages."""

from collections.abc import Callable, Iterator

import pytest

from tests.browser.axe import LOOKS, serious
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

FORM = "core.note_form"
PAGE = f"/studio/forms/{FORM}"
LANGUAGES = {
    "en": {"locale": "en-US", "label": "Mood", "section": "Feelings"},
    "zh-CN": {"locale": "zh-CN", "label": "心情", "section": "感受"},
}
CONDITION = "note_kind == 'call'"
TICKS = """() => new Promise((done) => {
  let left = 3;
  const timer = setInterval(() => --left || (clearInterval(timer), done()), 50);
})"""
"""Some ticks of the page's own clock: what sorts looks every 50 ms whether the mouse has moved."""


class Designer:
    """The page as somebody at a screen uses it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def open(self, at: str = "") -> None:
        self.visitor.open(f"{PAGE}?at={at}")
        self.visitor.settle()

    def layout(self) -> list[list[str]]:
        """The fields of each section as they stand on the canvas."""
        return list(
            self.page.eval_on_selector_all(
                ".t-blocks > [data-box]",
                "boxes => boxes.map(box => [...box.querySelectorAll('[data-sort=item] > [data-box]')].map(e => e.dataset.key))",
            )
        )

    def step(self, doing: Callable[[], object]) -> None:
        """Do something that is one operation, and wait for what the server makes of it."""
        with self.page.expect_response(lambda answer: f"/studio/forms/{FORM}" in answer.url and answer.status < 400):
            doing()
        self.visitor.settle()

    def drag(self, source: str, target: str, across: float = 0.5, down: float = 0.5) -> None:
        """Drag the middle of one element to a place in another."""
        self.page.locator(target).scroll_into_view_if_needed()
        start, end = self.page.locator(source).bounding_box(), self.page.locator(target).bounding_box()
        assert start
        assert end
        mouse = self.page.mouse
        mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
        mouse.down()
        mouse.move(start["x"] + start["width"] / 2 + 8, start["y"] + start["height"] / 2 + 8, steps=3)
        x, y = end["x"] + end["width"] * across, end["y"] + end["height"] * down
        mouse.move(x, y, steps=15)
        for nudge in (3, 0):
            self.page.evaluate(TICKS)
            mouse.move(x + nudge, y)
        self.page.evaluate(TICKS)
        self.step(mouse.up)

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def tab_to(self, selector: str) -> None:
        """Go on with Tab until the focus is there."""
        for _ in range(120):
            self.keys("Tab")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.id"))


@pytest.fixture(params=["en", pytest.param("zh-CN", marks=pytest.mark.soak)])
def words(request: pytest.FixtureRequest) -> dict[str, str]:
    """What somebody types, in either language."""
    return LANGUAGES[request.param]


@pytest.fixture
def designer(visit: Callable[..., Visitor], words: dict[str, str]) -> Iterator[Designer]:
    """The designer of a form that is as the pack has it, and is so again afterwards."""
    visitor = visit(locale=words["locale"])
    visitor.open("/login")
    if words["locale"] != "en-US":
        visitor.page.locator("button[name=locale][value=zh-CN]").click()
    visitor.sign_in()
    yield Designer(visitor)
    for document in (FORM, "core.note", "x.zh_cn"):
        discard(visitor, document)


def discard(visitor: Visitor, document: str) -> None:
    visitor.open(PAGE)
    visitor.page.evaluate(
        """document => fetch("/studio/discard", {method: "POST", redirect: "manual", headers: {"x-csrftoken":
        document_token()}, body: new URLSearchParams({document})})
        """.replace("document_token()", "globalThis.document.querySelector('[name=_csrf_token]').value"),
        document,
    )


def test_a_form_is_built_by_dragging(designer: Designer, words: dict[str, str]) -> None:
    page = designer.page
    designer.open()
    designer.drag("[data-offers=section] li:first-child", "#el-section-basics-box", down=0.98)
    designer.drag("#el-item-owner-box [data-grip]", "#el-section-x_section-box [data-into]")
    designer.drag("#el-item-pinned-box [data-grip]", "#el-item-owner-box", across=0.95, down=0.9)
    assert designer.layout()[1] == ["owner", "pinned"]
    designer.drag("#el-item-happened_on-box [data-grip]", "#el-item-subject-box", across=0.3, down=0.2)
    designer.drag("li:has(> [data-type=text])", "#el-item-owner-box", across=0.1, down=0.2)
    page.locator("#new-label:focus").wait_for()
    page.keyboard.type(words["label"])
    designer.step(lambda: designer.keys("Enter"))

    first, second = designer.layout()
    fresh = second[0]
    assert fresh.startswith("x_")
    assert [first, second] == [["happened_on", "subject", "note_kind", "body"], [fresh, "owner", "pinned"]]

    designer.step(lambda: page.click("#el-section-x_section"))
    page.fill("#el-section-x_section-visible", CONDITION)
    designer.step(lambda: page.locator("#el-section-x_section-visible").blur())
    designer.step(lambda: page.click("[data-undo]"))
    designer.step(lambda: page.click("[data-redo]"))
    page.reload()

    assert designer.layout() == [["happened_on", "subject", "note_kind", "body"], [fresh, "owner", "pinned"]]
    assert page.input_value("#el-section-x_section-visible") == CONDITION
    assert page.locator(".t-finding").count() == 0
    page.goto(designer.visitor.address + f"{PAGE}/preview")
    assert page.locator(f"#f-{fresh}").count() == 0
    page.select_option("#f-note_kind", "call")
    page.locator(f"#f-{fresh}").wait_for()


def test_a_form_is_built_with_the_keyboard_alone(designer: Designer, words: dict[str, str]) -> None:
    page = designer.page
    designer.open()
    designer.tab_to("[data-offers=section] [data-offer]")
    designer.step(lambda: designer.keys("Enter"))
    designer.tab_to("#el-section-x_section, [data-pick]")
    designer.keys("Home", "ArrowDown", "ArrowDown")
    while designer.focused() != "el-item-pinned":
        designer.keys("ArrowRight")
    designer.step(lambda: designer.keys("Alt+ArrowRight"))
    assert designer.focused() == "el-item-pinned"
    designer.keys("ArrowLeft", "ArrowLeft")
    assert designer.focused() == "el-item-owner"
    designer.step(lambda: designer.keys("Alt+ArrowRight"))
    designer.step(lambda: designer.keys("Alt+ArrowLeft"))
    designer.step(lambda: designer.keys("Alt+ArrowRight"))
    assert designer.layout() == [["subject", "note_kind", "happened_on", "body"], ["owner", "pinned"]]
    assert page.inner_text("#designer-said") != ""

    designer.keys("ArrowLeft")
    assert designer.focused() == "el-section-x_section"
    designer.step(lambda: designer.keys("Enter"))
    designer.keys("Control+a")
    page.keyboard.type(words["section"])
    designer.step(lambda: designer.keys("Tab"))
    designer.tab_to("#el-section-x_section-visible")
    page.keyboard.type(CONDITION)
    designer.visitor.settle()
    designer.keys("Escape")
    designer.step(lambda: designer.keys("Tab"))
    designer.keys("Escape")
    assert designer.focused() == "el-section-x_section"

    designer.keys("ArrowRight")
    designer.step(lambda: designer.keys("Delete"))
    assert designer.layout() == [["subject", "note_kind", "happened_on", "body"], ["pinned"]]
    designer.step(lambda: designer.keys("Control+z"))
    designer.step(lambda: designer.keys("Control+Shift+z"))
    designer.step(lambda: designer.keys("Control+z"))
    page.reload()

    assert designer.layout() == [["subject", "note_kind", "happened_on", "body"], ["owner", "pinned"]]
    assert words["section"] in page.inner_text("#el-section-x_section")
    assert page.locator("#el-section-x_section-box .t-when").first.inner_text() == CONDITION


@pytest.mark.parametrize("words", [LANGUAGES["en"]])
def test_quick_steps_are_done_one_after_the_other(designer: Designer) -> None:
    designer.open()
    designer.page.focus("#el-item-subject")
    designer.keys(*["Alt+ArrowDown"] * 4)
    designer.page.locator("#designer-said", has_text="5 of 6").wait_for(state="attached")

    assert designer.layout() == [["note_kind", "happened_on", "body", "owner", "subject", "pinned"]]
    assert designer.focused() == "el-item-subject"


@pytest.mark.parametrize("words", [LANGUAGES["en"]])
def test_what_was_typed_is_saved_before_the_next_element_is_chosen(designer: Designer) -> None:
    page = designer.page
    designer.open("/sections/basics/items/body")
    page.fill("#el-item-body-label", "Words")
    page.click("#el-item-subject")
    page.locator("#el-item-subject[aria-current]").wait_for()

    assert page.inner_text("#el-item-body") == "Words"
    assert page.url.endswith("?at=/sections/basics/items/subject")


@pytest.mark.parametrize("words", [LANGUAGES["en"]])
def test_an_expired_session_leads_to_the_sign_in_page(designer: Designer) -> None:
    page = designer.page
    designer.open("/sections/basics/items/body")
    kept = page.context.cookies()
    page.context.clear_cookies()
    page.click(".t-moves [data-remove]")
    page.wait_for_url("**/login?next=**")
    page.context.add_cookies(kept)  # type: ignore[arg-type]

    designer.open()
    assert "body" in designer.layout()[0]


@pytest.mark.parametrize(("theme", "viewport"), LOOKS)
def test_axe_finds_nothing_serious_in_the_designer(
    visit: Callable[..., Visitor], theme: str, viewport: dict[str, int]
) -> None:
    visitor = visit(bypass_csp=True, viewport=viewport, color_scheme=theme)
    visitor.sign_in()
    found = []
    places = (
        "",
        "?at=/sections/money",
        "?at=/sections/money/items/discount",
        "?at=/sections/lines",
        "?at=/header/badges/late",
    )
    pages = [f"/studio/forms/sales.opportunity_form{place}" for place in places]
    for path in [*pages, f"{PAGE}?type=formula", f"{PAGE}/preview?width=phone"]:
        visitor.open(path)
        found += serious(visitor, path)

    assert found == []
