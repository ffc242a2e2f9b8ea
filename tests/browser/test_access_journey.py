"""Somebody is invited, works within what a role allows, is told why not, gets a record shared, leaves, and comes back."""

import email
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Visitor

pytestmark = pytest.mark.browser
NEWCOMER, PASSWORD = "june@example.com", "violet harbour 41 lanterns"
ROLE = "Junior"
LETTERS = 40


@dataclass(frozen=True)
class Desk:
    """The administrator's window."""

    visitor: Visitor
    served: Served

    @property
    def page(self) -> Page:
        return self.visitor.page

    def build_role(self) -> None:
        """A copy of what representatives may, with a second factor."""
        self.visitor.open("/studio/roles")
        self.page.fill("#new-role", ROLE)
        self.page.select_option("#new-source", "sales.rep")
        self.page.locator("form[action='/studio/roles'] button[type=submit]").last.click()
        self.page.get_by_label(re.compile("second factor", re.IGNORECASE)).check()
        self.save_and_publish()

    def save_and_publish(self) -> None:
        """Save the role, look at the plan, publish."""
        self.page.get_by_role("button", name="Save to the draft").click()
        self.page.wait_for_load_state()
        self.visitor.open("/studio/changes")

    def publish(self) -> None:
        """Publish what the plan shows."""
        for box in self.page.locator("input[name=consent]").all():
            box.check()
        self.page.get_by_role("button", name=re.compile("^Publish")).click()
        expect(self.page.get_by_role("heading", name=re.compile(r"^Release \d+$"))).to_be_visible(timeout=20_000)

    def invite(self) -> None:
        """Invite somebody with the new role."""
        self.visitor.open("/admin/users/invite")
        self.page.fill("#email", NEWCOMER)
        self.page.fill("#name", "June")
        self.page.locator("input[name=roles][value='x.rep']").check()
        self.page.get_by_role("button", name=re.compile("[Ii]nvit")).last.click()
        self.page.wait_for_load_state()

    def first(self, path: str) -> str:
        """The address of the first record of a list."""
        self.visitor.open(path)
        return str(self.page.locator("tbody a[href*='/records/']").first.get_attribute("href")).partition("?")[0]

    def narrow_role(self) -> None:
        """Only one's own accounts and those that are shared may be read; then the plan."""
        self.visitor.open("/studio/roles/x.rep")
        self.page.locator("[id='open:sales.account']").click()
        for scope, wanted in (("all", False), ("own", True), ("shared", True)):
            self.page.locator(f"[id='scope:sales.account:read:{scope}']").set_checked(wanted)
        self.save_and_publish()

    def explain(self, record: str) -> str:
        """Why she cannot see a record."""
        _, _, entity, identity = record.split("/")
        self.visitor.open(f"/admin/access?user={NEWCOMER}&entity={entity}&record={identity}&action=read")
        return self.page.locator("main").inner_text()

    def share(self, record: str) -> None:
        """Share a record with her."""
        self.visitor.open(f"{record}/access")
        self.page.locator("#grantee").press_sequentially("June")
        self.page.locator("#grantee-list [role=option]").filter(has_text="June").first.click()
        expect(self.page.locator("#grantee-list")).to_be_hidden()
        self.page.locator("#share-form button[type=submit]").last.click()
        expect(self.page.locator(".t-shares")).to_contain_text("June")

    def hand_over(self) -> None:
        """She leaves; the administrator takes what she had."""
        self.visitor.open("/admin/handovers")
        self.page.fill("#leaver", NEWCOMER)
        self.page.get_by_role("button", name="See what there is").click()
        self.page.fill("#successor", "admin@example.com")
        self.page.get_by_role("button", name="Hand over").click()
        expect(self.page.get_by_role("button", name=re.compile("Take.*back"))).to_be_visible(timeout=30_000)

    def take_back(self) -> None:
        """Undo the hand-over."""
        self.visitor.open("/admin/handovers")
        self.page.locator("tbody a[href*='/admin/handovers/']").first.click()
        self.page.get_by_role("button", name=re.compile("Take.*back")).click()
        expect(self.page.locator("#handover h2").first).to_contain_text("Taken back", timeout=30_000)
        expect(self.page.locator("#handover[hx-get]")).to_have_count(0)

    def letter(self, wanted: str) -> str:
        """The address that a letter leads to."""
        folder = Path(self.served.settings["TRELLIS_DATA"]) / "mail"
        until = time.monotonic() + LETTERS
        while time.monotonic() < until:
            for path in folder.glob("*.eml") if folder.is_dir() else ():
                message = email.message_from_bytes(path.read_bytes(), policy=default)
                assert isinstance(message, EmailMessage)
                body = message.get_body(("plain",))
                text = body.get_content() if body else ""
                found = re.search(r"/link/\S+", text)
                if found and message["to"] == wanted:
                    return found[0]
            time.sleep(0.3)
        raise AssertionError("no letter came")


def join(visitor: Visitor, link: str) -> pyotp.TOTP:
    """Follow the invitation, set a password and a second factor."""
    page = visitor.page
    visitor.open(link)
    page.fill("#password", PASSWORD)
    page.locator("form[action='/password'] button[type=submit]").click()
    if "/login" in page.url:
        visitor.sign_in(NEWCOMER, PASSWORD)
    page.get_by_role("button", name="Set up an authenticator app").click()
    totp = pyotp.TOTP(page.locator("code.t-secret").inner_text().replace(" ", ""))
    page.fill("#confirm-code", totp.now())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("list", name="Recovery codes").locator("li")).to_have_count(10)
    return totp


def test_somebody_comes_works_within_limits_and_leaves(visit: Callable[..., Visitor], served: Served) -> None:
    desk = Desk(visit(), served)
    desk.visitor.sign_in()
    desk.build_role()
    desk.publish()
    desk.invite()
    newcomer = visit()
    join(newcomer, desk.letter(NEWCOMER))
    page = newcomer.page

    # Refused: somebody else's account may be read, not changed, and its credit limit does not exist for her.
    account = desk.first("/records/sales.account")
    newcomer.open(account)
    expect(page.locator("main")).not_to_contain_text("Credit limit")
    newcomer.open(f"{account}/edit")
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    expect(page.locator("main")).to_contain_text("own")
    expect(page.locator("main")).to_contain_text("Junior")

    # The role becomes narrower: the plan says what she loses; afterwards the account is not there for her.
    desk.narrow_role()
    expect(desk.page.locator("section[aria-labelledby=plan-access]")).to_contain_text("June")
    desk.publish()
    newcomer.open(account)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()

    # The administrator sees why, and shares the account.
    assert "no" in desk.explain(account).lower()
    desk.share(account)
    newcomer.open(account)
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("heading", name="There is nothing here")).to_have_count(0)

    # She owns something, leaves, and everything is somebody else's; then all of it is taken back.
    lead = file_lead(newcomer)
    desk.hand_over()
    newcomer.open("/account")
    assert "/login" in page.url
    desk.visitor.open(lead)
    expect(desk.page.locator(".t-facts")).to_contain_text("OwnerAAdmin")
    desk.take_back()
    desk.visitor.open(lead)
    expect(desk.page.locator(".t-facts")).to_contain_text("OwnerJJune")
    assert desk.visitor.trouble == []


def file_lead(visitor: Visitor) -> str:
    """A record of her own; where it is."""
    page = visitor.page
    visitor.open("/records/sales.lead/new")
    page.fill("#f-name", "Harbour lanterns")
    page.fill("#f-company", "Lanterns")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/records/sales.lead/[0-9a-f-]{36}"))
    return page.url.removeprefix(visitor.address)
