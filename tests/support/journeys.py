"""What an administrator does in the Studio, and what others do with it, as steps of a journey in the browser."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect


def unseen(name: str) -> None:
    """Look at nothing; whoever takes pictures of a journey gives something else."""


@dataclass(frozen=True)
class Wanted:
    """A field as somebody thinks of it: its type, its label, its key, and what else its panel is told."""

    type: str
    label: str
    key: str
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Studio:
    """The Studio in the hands of an administrator."""

    page: Page
    look: Callable[[str], None] = unseen

    def section(self, address: str) -> None:
        """Go to a section of the Studio by its tab."""
        self.page.locator(f".t-studio-nav a[href='{address}']").click()
        self.page.wait_for_url(re.compile(re.escape(address) + "$"))

    def make_entity(self, label: str, plural: str, name: str, title: str) -> None:
        """Make a kind of record that stands in no menu yet."""
        page = self.page
        page.locator("a[href='/studio/new-entity']").click()
        for control, text in {"label": label, "plural": plural, "name": name, "title": title}.items():
            page.fill(f"#{control}", text)
        page.select_option("#menu", "")
        self.look("new-entity")
        page.locator(".t-actions .btn-primary").click()
        expect(page.locator("h1")).to_contain_text(label)

    def open_entity(self, plural: str) -> None:
        """Go to an entity from the list of all."""
        self.section("/studio")
        self.page.locator("#entities a", has_text=plural).click()
        self.page.locator("#fields").wait_for()

    def add_field(self, wanted: Wanted) -> None:
        """Add a field in the panel beside the table."""
        page = self.page
        page.locator(".t-split-main a[data-opens][href$='/add']").click()
        page.locator(f".t-types a[href$='type={wanted.type}']").click()
        page.locator("#panel [name='/label']").fill(wanted.label)
        page.locator("#panel [name='_key']").fill(wanted.key)
        for name, value in wanted.told.items():
            tell(page.locator(f"#panel [name='{name}']"), value)
        self.look(f"field-{wanted.type}")
        page.locator("#panel .t-actions .btn-primary").click()
        expect(self.row(wanted.key)).to_be_visible()

    def row(self, key: str) -> Locator:
        """The row of a field in the table."""
        return self.page.locator(f"#fields tr:has(code:text-is('{key}'))")

    def open_field(self, key: str) -> None:
        """Have the panel of a field open."""
        panel = self.page.locator(f"#panel form[data-panel][action$='/fields/{key}']")
        if not panel.count():
            self.row(key).locator("a").first.click()
        panel.wait_for()

    def change_field(self, key: str, name: str, value: str) -> None:
        """Tell the panel of a field one thing and save."""
        self.open_field(key)
        tell(self.page.locator(f"#panel [name='{name}']"), value)
        self.look(f"change-{key}")
        with self.page.expect_navigation():
            self.page.locator("#panel .t-actions .btn-primary").click()

    def change_key(self, key: str, new: str) -> None:
        """Call a field by another key."""
        self.open_field(key)
        self.page.locator("#panel details:has(#new-key) > summary").click()
        self.page.fill("#new-key", new)
        self.page.locator("#panel form:has(#new-key) button").click()
        expect(self.row(new)).to_be_visible()

    def open_form(self) -> None:
        """Go from an entity to the designer of its first form."""
        self.page.locator(".t-sub-tabs a[href$='/forms']").click()
        self.page.locator("#content .t-table td a").first.click()
        self.page.locator("[data-designer]").wait_for()

    def put_new_field(self, type: str, label: str, section: str, options: str = "") -> None:
        """Drag a type from the palette to the end of a section, and name the field."""
        self.drag(f"li:has(> [data-type={type}])", f"#el-section-{section}-box [data-into]", across=0.97, down=0.97)
        self.page.fill("#new-label", label)
        if options:
            self.page.fill("#new-options", options)
        self.answered(lambda: self.page.locator("#new-label").press("Enter"))

    def put_field(self, key: str, section: str) -> None:
        """Drag a field that is not on the form to the end of a section."""
        offer = f"[data-offers=item] li:has([value*='key={key}&'])"
        self.drag(offer, f"#el-section-{section}-box [data-into]", across=0.97, down=0.97)

    def on_the_form(self) -> list[list[str]]:
        """The fields of each section as they stand on the canvas."""
        script = """boxes => boxes.map(box => [...box.querySelectorAll('[data-sort=item] > [data-box]')].map(e => e.dataset.key))"""
        return list(self.page.eval_on_selector_all(".t-blocks > [data-box]", script))

    def publish(self, note: str) -> int:
        """Agree to what the plan says; the number of the new release."""
        for consent in self.page.locator("[name=consent]").all():
            consent.check()
        self.page.fill(".t-plan-actions [name=note]", note)
        self.page.locator(".t-plan-actions .btn-primary").click()
        self.page.wait_for_url(re.compile(r"/studio/releases/\d+$"))
        return int(self.page.url.rpartition("/")[2])

    def drag(self, source: str, target: str, across: float = 0.5, down: float = 0.5) -> None:
        """Drag the middle of one element to a place in another, which may give way under the hand."""
        mouse = self.page.mouse
        self.page.wait_for_load_state()
        self.page.locator(target).evaluate("element => element.scrollIntoView({block: 'center'})")
        x, y = self._place(source, 0.5, 0.5)
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + 8, y + 8, steps=3)
        for _ in range(2):
            mouse.move(*self._place(target, across, down), steps=8)
            self.page.wait_for_timeout(120)
        self.answered(mouse.up)

    def _place(self, element: str, across: float, down: float) -> tuple[float, float]:
        box = self.page.locator(element).bounding_box()
        assert box, element
        return box["x"] + box["width"] * across, box["y"] + box["height"] * down

    def answered(self, doing: Callable[[], object]) -> None:
        """Do something that a designer saves, and wait until the page shows what came of it."""
        with self.page.expect_response(lambda answer: "/studio/" in answer.url and answer.status < 400):
            doing()
        self.page.locator("#content:not([aria-busy]):not(:has([aria-busy]))").wait_for()


def tell(control: Locator, value: str) -> None:
    """Put a value into a control of any kind."""
    if control.evaluate("control => control.tagName") == "SELECT":
        control.select_option(value)
    elif control.get_attribute("type") == "checkbox":
        control.check()
    else:
        control.fill(value)
