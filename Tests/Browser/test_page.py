"""What people do on the page, in a real browser against the real server."""

import os
import time

import pytest
from playwright.sync_api import expect

from conftest import DESKTOP, PHONE
from servers import Server


def fresh(name: str) -> str:
    return f"{name} {os.urandom(3).hex()}"


# -- two people ---------------------------------------------------------------------------------


def test_two_people_chat(visit):
    ada, ben = visit(fresh("Ada")), visit(fresh("Ben"))
    ada_name = ada.page.locator("#self-name").inner_text()
    ben_name = ben.page.locator("#self-name").inner_text()
    name = fresh("Made by Ada")

    # Ada creates a room and is in it; Ben finds it in the list.
    ada.page.get_by_role("button", name="Create a room").first.click()
    dialog = ada.page.get_by_role("dialog", name="Create a room")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("What it is about").fill("Two people and a test")
    dialog.get_by_label("Seats").fill("2")
    dialog.get_by_role("button", name="Create and join").click()
    expect(ada.page.locator("#talk-name")).to_have_text(name)
    expect(ada.page.locator("#talk-about")).to_have_text("Two people and a test")
    expect(ada.page.locator("#people-title")).to_have_text("1 person here")
    ben.open_room(name)

    # Both are shown to both.
    for one in (ada, ben):
        expect(one.page.locator("#people-title")).to_have_text("2 people here")
        expect(one.member(ada_name)).to_be_visible()
        expect(one.member(ben_name)).to_be_visible()
    expect(ada.page.locator("#entries .note", has_text=f"{ben_name} joined")).to_be_visible()
    expect(ada.room(name).locator(".count")).to_contain_text("2/2")

    # Both talk, both hear both, each line once.
    ada.say("Hello Ben!")
    ben.say("Hello Ada!\nTwo lines.")
    for one in (ada, ben):
        expect(one.log("Hello Ben!")).to_have_count(1)
        expect(one.log("Hello Ada!")).to_have_count(1)
    expect(ada.page.locator(".entry.sending")).to_have_count(0)

    # A third finds no seat.
    eve = visit(fresh("Eve"))
    eve.page.evaluate("directory.refresh()")
    eve.room(name).click()
    expect(eve.page.locator(".notice")).to_contain_text("is full")

    # Ben leaves, and Ada is told.
    ben.page.get_by_role("button", name="Leave").click()
    expect(ada.page.locator("#entries .note", has_text=f"{ben_name} left")).to_be_visible()
    expect(ada.page.locator("#people-title")).to_have_text("1 person here")
    expect(ben.page.locator("#talk-name")).to_have_text("Welcome")


def test_a_direct_message_and_its_answer(visit, room):
    ada, ben = visit(fresh("Ada")), visit(fresh("Ben"))
    ada.open_room(room)
    ben.open_room(room)
    ben_name = ben.page.locator("#self-name").inner_text()
    ada_name = ada.page.locator("#self-name").inner_text()
    ada.member(ben_name).click()
    expect(ada.page.locator("#talk-name")).to_have_text(ben_name)
    ada.say("Only for you")
    expect(ada.log("Only for you")).to_have_count(1)
    row = ben.page.locator("#directs .row", has_text=ada_name)
    expect(row.locator(".badge")).to_contain_text("1")
    expect(ben.page).to_have_title(f"(1) {room} · RNode Chat")
    expect(ben.log("Only for you")).to_have_count(0)
    row.click()
    expect(ben.log("Only for you")).to_be_visible()
    expect(row.locator(".badge")).to_have_count(0)
    ben.say("Thank you")
    expect(ada.log("Thank you")).to_have_count(1)


def test_a_direct_message_to_nobody_says_so(visit):
    ada = visit(fresh("Ada"))
    ada.page.get_by_role("button", name="Write to someone").click()
    ada.page.get_by_label("Their name").fill("nobody at all")
    ada.page.keyboard.press("Enter")
    ada.say("Are you there?")
    expect(ada.page.locator(".fate")).to_contain_text("nobody at all is not connected")
    ada.page.get_by_role("button", name="Send again").click()
    expect(ada.page.locator(".fate")).to_have_count(1)


def test_spam_is_blocked_with_its_reason_and_its_text(visit, room):
    ada, ben = visit(fresh("Ada")), visit(fresh("Ben"))
    ada.open_room(room)
    ben.open_room(room)
    ada.say("cheap spam for all")
    notice = ada.page.locator(".blocked")
    expect(notice).to_contain_text("Spam message blocked")
    expect(notice.locator("blockquote")).to_have_text("cheap spam for all")
    expect(ada.log("cheap spam")).to_have_count(0)
    ada.say("Something else")
    expect(ben.log("Something else")).to_be_visible()
    expect(ben.page.locator("#entries")).not_to_contain_text("cheap spam")
    # What was blocked can be mended and sent.
    notice.get_by_role("button", name="Edit").click()
    expect(ada.page.locator("#composer-text")).to_have_value("cheap spam for all")
    expect(notice).to_have_count(0)
    ada.say("cheap ham for all")
    expect(ben.log("cheap ham for all")).to_be_visible()


# -- the link -----------------------------------------------------------------------------------


def test_offline_and_back(visit, room):
    ada, ben = visit(fresh("Ada")), visit(fresh("Ben"))
    ben_name = ben.page.locator("#self-name").inner_text()
    ada.open_room(room)
    ben.open_room(room)
    expect(ada.member(ben_name)).to_be_visible()

    ben.context.set_offline(True)
    expect(ben.page.locator("#link")).to_have_attribute("data-status", "offline")
    expect(ben.page.locator("#banner")).to_contain_text("You are offline")
    ben.page.locator("#composer-text").fill("written while away")
    ben.page.keyboard.press("Enter")
    expect(ben.page.locator("#composer-text")).to_have_value("written while away")

    ben.context.set_offline(False)
    ben.is_connected()
    expect(ben.page.locator("#entries")).to_contain_text("Connected again")
    expect(ben.page.locator("#banner")).to_be_hidden()
    # In the room again on both sides, and the text that waited can go.
    expect(ada.member(ben_name)).to_have_count(1)
    ben.page.locator("#composer-text").press("Enter")
    expect(ada.log("written while away")).to_have_count(1)
    ada.say("welcome back")
    expect(ben.log("welcome back")).to_have_count(1)


def test_a_server_that_goes_away_and_comes_back(visit, browser):
    first = Server("Chat")
    try:
        first.create_room("Gone with it")
        ada = visit(fresh("Ada"), server=first)
        ada.open_room("Gone with it")
        # As after many attempts: the page would wait for half a minute, so that it is the button that connects.
        ada.page.evaluate("clearTimeout(link.timers.stable); link.attempt = 10")
        first.terminate()
        first.wait()
        expect(ada.page.locator("#link")).to_have_attribute("data-status", "waiting")
        expect(ada.page.locator("#banner")).to_contain_text("Trying again in")
        second = Server("Chat", port=first.port)
    finally:
        first.stop()
    try:
        ada.page.get_by_role("button", name="Try now").click()
        ada.is_connected()
        # The rooms of this example live in memory: the page says that this one is gone, and keeps what was read.
        expect(ada.page.locator("#entries")).to_contain_text("is no longer there")
        assert second.is_alive
    finally:
        second.stop()


def test_latency_is_shown_and_pings_are_answered(visit):
    ada = visit(fresh("Ada"))
    expect(ada.page.locator("#latency")).to_contain_text("ms")
    deadline = time.monotonic() + 10
    # The server measures only what the page answers.
    while not any('"latency"' in frame for frame in ada.received):
        assert time.monotonic() < deadline, ada.received[-5:]
        ada.page.wait_for_timeout(100)
    assert any('"type":"pong"' in frame for frame in ada.sent)


def test_a_reload_comes_back_to_the_same_room(visit, room):
    ada = visit(fresh("Ada"))
    ada.open_room(room)
    ada.page.reload()
    ada.is_connected()
    expect(ada.page.locator("#talk-name")).to_have_text(room)
    expect(ada.page.locator("#people-title")).to_have_text("1 person here")


def test_a_name_is_remembered_and_can_be_changed(visit):
    ada = visit("Ada + Łukasz / 林")
    expect(ada.page.locator("#self-name")).to_have_text("Ada + Łukasz / 林")
    ada.page.locator("#self").click()
    expect(ada.page.locator("#fact-connection")).to_contain_text("-")
    ada.page.get_by_role("button", name="Change name").click()
    expect(ada.page.get_by_label("Your name")).to_have_value("Ada + Łukasz / 林")
    ada.page.get_by_label("Your name").fill("Someone else")
    ada.page.keyboard.press("Enter")
    ada.is_connected()
    expect(ada.page.locator("#self-name")).to_have_text("Someone else")


@pytest.mark.parametrize("name, fault", [("", "Type a name"), ("é" * 65, "128 bytes")])
def test_a_bad_name_is_refused_at_the_door(visit, name, fault):
    ada = visit()
    ada.page.goto(ada.server.http + "/")
    ada.page.get_by_label("Your name").fill(name)
    ada.page.keyboard.press("Enter")
    expect(ada.page.get_by_role("alert")).to_contain_text(fault)


# -- what others write --------------------------------------------------------------------------


def test_what_others_write_is_text_and_nothing_else(visit, chat):
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    name = f"<b>bold</b> {os.urandom(2).hex()}"
    chat.create_room(f"<i>{name}</i>", attack)
    ada, eve = visit(fresh("Ada")), visit(f"<u>{name}</u>")
    for one in (ada, eve):
        one.open_room(f"<i>{name}</i>")
    eve.say(attack)
    expect(ada.log(attack)).to_be_visible()
    expect(ada.member(f"<u>{name}</u>")).to_be_visible()
    assert ada.page.locator("#house :is(img, script, b, i, u)").count() == 0
    assert "owned" not in ada.page.title()


# -- keyboard -----------------------------------------------------------------------------------

FOCUS = """() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  const box = focused.closest('.composer-box');
  const isShown = style.outlineStyle !== 'none' || (box && getComputedStyle(box).boxShadow !== 'none');
  return { id: focused.id, row: focused.classList.contains('row') ? focused.textContent : null, isShown };
}"""


def test_keyboard_alone_is_enough(visit, chat):
    names = [f"{letter} {os.urandom(2).hex()}" for letter in "ABC"]
    prefix = f"kb{os.urandom(2).hex()}"
    for name in names:
        chat.create_room(f"{prefix} {name}")
    other = visit(fresh("Other"))
    other.open_room(f"{prefix} {names[1]}")
    ada = visit()
    page = ada.page
    press = page.keyboard.press

    def focus() -> dict:
        return page.evaluate(FOCUS)

    def tab_to(wanted: str, key: str = "Tab") -> None:
        for _ in range(25):
            now = focus()
            assert now["isShown"], f"the focus is not visible on {now}"
            if now["id"] == wanted or (wanted == "row" and now["row"]):
                return
            press(key)
        raise AssertionError(f"{wanted} was never reached")

    # The door: the focus waits in the name field.
    page.goto(ada.server.http + "/")
    assert focus()["id"] == "door-name"
    page.keyboard.type("Keyboard")
    press("Enter")
    ada.is_connected()

    # The rooms: one tab stop, arrows inside.
    page.evaluate("directory.refresh()")
    expect(ada.room(f"{prefix} {names[2]}")).to_be_visible()
    tab_to("row")
    press("Home")
    for _ in range(400):
        if prefix in (focus()["row"] or ""):
            break
        press("ArrowDown")
    assert names[0] in focus()["row"]
    press("ArrowDown")
    assert names[1] in focus()["row"]
    press("ArrowDown")
    press("ArrowUp")
    press("Enter")
    expect(page.locator("#talk-name")).to_have_text(f"{prefix} {names[1]}")

    # The message field has the focus; Shift+Enter breaks the line, Enter sends.
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("first line")
    press("Shift+Enter")
    page.keyboard.type("second line")
    press("Enter")
    expect(other.log("first line\nsecond line")).to_be_visible()

    # On to the people, to a direct message, and back with Escape.
    press("Tab")
    tab_to("row")
    press("End")
    if "Keyboard" in focus()["row"]:
        press("Home")
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("just you")
    press("Enter")
    expect(other.page.locator("#directs .badge")).to_contain_text("1")
    tab_to("leave", "Shift+Tab")
    press("Escape")
    expect(page.locator("#composer-text")).to_be_focused()

    # A dialog opens and closes, and the focus returns to its button.
    tab_to("room-new", "Shift+Tab")
    press("Enter")
    expect(page.get_by_role("dialog", name="Create a room")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert focus()["id"] == "room-new"

    # The skip link is the first stop of the page.
    page.evaluate("document.activeElement.blur()")
    page.locator("body").press("Tab")
    page.evaluate("document.querySelector('.skip').focus()")
    press("Enter")
    expect(page.locator("#composer-text")).to_be_focused()


def test_names_roles_and_landmarks(visit, room):
    ada = visit(fresh("Ada"))
    ada.open_room(room)
    page = ada.page
    for role in ("banner", "navigation", "main", "complementary"):
        assert page.get_by_role(role).count() == 1, role
    expect(page.get_by_role("log", name="Messages")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("textbox", name=f"Message to {room}")).to_be_visible()
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, input, textarea, a')]
      .filter((one) => one.checkVisibility())
      .filter((one) => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim())).map((one) => one.outerHTML)""")
    assert nameless == []
    repeated = page.evaluate("""() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
      return ids.filter((id, index) => ids.indexOf(id) !== index); }""")
    assert repeated == []


# -- looks --------------------------------------------------------------------------------------

OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.mark.parametrize("width", [320, 360, 400, 720, 721, 1072, 1073, 1600])
def test_nothing_overflows_at_any_width(visit, room, width):
    ada = visit(viewport={"width": width, "height": 640})
    ada.page.goto(ada.server.http + "/")
    assert ada.page.evaluate(OVERFLOW) <= 0
    ada.enter(fresh("A name that is rather long for a small screen"))
    assert ada.page.evaluate(OVERFLOW) <= 0
    ada.open_room(room)
    ada.say("unbreakable" * 40)
    ada.say("a spam " + "unbreakable" * 40)
    expect(ada.page.locator(".blocked")).to_be_visible()
    assert ada.page.evaluate(OVERFLOW) <= 0
    outside = ada.page.evaluate("""() => [...document.querySelectorAll('button, textarea')].filter((one) => one.checkVisibility())
      .filter((one) => { const box = one.getBoundingClientRect(); return box.width && (box.left < 0 || box.right > innerWidth + .5); })
      .map((one) => one.id || one.textContent)""")
    assert outside == []


def test_a_phone_shows_one_pane_at_a_time(visit, room):
    ada = visit(fresh("Ada"), viewport=PHONE, has_touch=True, is_mobile=True)
    page = ada.page
    rail, talk, people = (page.locator(where) for where in ("#rail", "#talk", "#people"))
    expect(rail).to_be_visible()
    expect(talk).to_be_hidden()
    ada.open_room(room)
    expect(talk).to_be_visible()
    expect(rail).to_be_hidden()
    page.locator("#people-open").tap()
    expect(people).to_be_visible()
    page.get_by_role("button", name="Close the list of people").tap()
    expect(people).to_be_hidden()
    page.get_by_role("button", name="Back to the rooms").tap()
    expect(rail).to_be_visible()
    small = page.evaluate("""() => [...document.querySelectorAll('button')].filter((one) => one.checkVisibility())
      .filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.id)""")
    assert small == [], "targets are large enough for a thumb"


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const light = (color) => { const [r, g, b] = [...rgb(color)].slice(0, 3).map((c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (one) => { for (; one; one = one.parentElement) { const color = getComputedStyle(one).backgroundColor; if (rgb(color)[3] === 255) return color; } return 'white'; };
  const low = [];
  for (const one of document.querySelectorAll('#house *')) {
    if (!one.checkVisibility() || one.closest('[aria-hidden=true], .unseen, .skip') || ![...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) low.push(`${one.className || one.tagName} “${one.textContent.slice(0, 20)}” ${ratio.toFixed(2)}`);
  }
  return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(visit, room, scheme):
    ada, ben = visit(fresh("Ada"), color_scheme=scheme), visit(fresh("Ben"))
    for one in (ada, ben):
        one.open_room(room)
    ada.say("hello")
    ada.say("spam")
    for index in range(12):
        visitor_name = f"{index}{os.urandom(2).hex()}"
        ada.page.evaluate(
            "([room, name]) => dispatch('said', { key: state.current, kind: 'room', id: room, from: name, content: 'x', at: Date.now() })",
            [room, visitor_name],
        )
    ben.say("hi")
    expect(ada.log("hi")).to_be_visible()
    expect(ada.page.locator(".blocked")).to_be_visible()
    assert ada.page.evaluate(CONTRAST) == []


# -- pictures -----------------------------------------------------------------------------------


@pytest.mark.timeout(180)
def test_screenshots(visit, request, pytestconfig):
    """Desktop and phone, light and dark; written into Docs/images only when asked for."""
    folder = pytestconfig.rootpath.parents[1] / "Docs" / "images"
    server = Server("Chat", "--json-ping-interval=1")
    request.addfinalizer(server.stop)
    for room in (("Lobby", "Where everyone lands first"), ("Reading club", None, 8), ("Release planning", "What ships, and when"),
                 ("Swift 6.3", "Spans, actors and strict memory safety", 50), ("日本語",)):
        server.create_room(*room)

    ada = visit("Ada", server=server, viewport=DESKTOP, color_scheme="light")
    grace = visit("Grace Hopper", server=server, viewport=DESKTOP, color_scheme="dark")
    phone = {"viewport": PHONE, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    linus = visit("Linus", server=server, color_scheme="light", **phone)
    sakura = visit("林 さくら", server=server, color_scheme="dark", **phone)
    everyone = (ada, grace, linus, sakura)
    for one in everyone:
        one.open_room("Lobby")

    def say(one, text: str):
        one.say(text)
        for other in everyone:
            expect(other.log(text.split("\n")[0]).last).to_be_attached()

    say(ada, "Morning! Two loops are up, one listener each. Five hundred of us could sit in this room.")
    say(grace, "Which loop does a room live on?")
    say(grace, "Or is there a table on every loop?")
    say(ada, "On every loop. The registry decides who has a seat, the loops follow its answer.")
    say(sakura, "それは速いですね。テストは通りました 🎉")
    ada.say("Buy cheap spam now")
    expect(ada.page.locator(".blocked")).to_be_visible()
    grace.say("And today’s spam special")
    expect(grace.page.locator(".blocked")).to_be_visible()
    say(grace, "Ha, the filter works for me too.")
    say(linus, "Nice. Reviewing the mask code now.")
    for source, target in ((grace, "Ada"), (ada, "Grace Hopper")):
        source.member(target).click()
        source.say("Can you look at my patch?")
        source.room("Lobby").click()
    for one in everyone:
        # Enough pings for the pulse to be drawn.
        one.page.evaluate("() => { for (let i = 0; i < 7; i += 1) link.ping(); }")
        one.page.wait_for_timeout(600)
    for one, name in ((ada, "desktop-light"), (grace, "desktop-dark"), (linus, "phone-light"), (sakura, "phone-dark")):
        picture = one.page.screenshot()
        assert len(picture) > 10_000
        if pytestconfig.getoption("--screenshots"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"chat-{name}.png").write_bytes(picture)
