"""Both pages as a listener has them: opened from disk in Chromium, by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from watched_page import WatchedPage

from backend.gallery.answers import read_answers
from backend.matching.similarity import similarity

PLAYING = re.compile("playing")


def test_the_page_shows_its_first_rows(watched: WatchedPage) -> None:
    watched.open("index.html")
    expect(watched.page).to_have_title("Some <sounds>")
    expect(watched.page.locator(".row")).to_have_count(3)
    expect(watched.page.locator(".sound")).to_have_count(3 * 4)
    first = watched.sound(0, 1)
    expect(first.locator(".words")).to_have_text("brighter · word 1")
    expect(first.locator(".similarity")).to_contain_text("%")
    expect(watched.page.locator(".caution").first).to_contain_text("low volume")
    drawn = watched.sound(0, 0).locator(".spectrum")
    drawn.scroll_into_view_if_needed()
    watched.page.wait_for_function("image => image.naturalWidth > 0", arg=drawn.element_handle())


def test_a_sound_is_asked_for_when_it_is_played(watched: WatchedPage) -> None:
    watched.open("index.html")
    assert watched.sounds_asked() == []
    sound = watched.sound(0, 1)
    sound.get_by_role("button", name="Play candidate 1").click()
    watched.wait_until_it_plays(sound)
    alike = round(similarity(0.1))
    expect(sound.get_by_role("button")).to_have_accessible_name(
        f"Pause candidate 1, {alike}% similar, brighter, word 1"
    )
    assert set(watched.sounds_asked()) == {"01-1.mp3"}
    expect(sound).not_to_have_class(PLAYING)  # it has ended
    assert watched.position_s(sound) == 0.0


def test_one_sound_plays_at_a_time(watched: WatchedPage) -> None:
    watched.open("index.html")
    watched.sound(0, 0).locator(".play").click()
    watched.wait_until_it_plays(watched.sound(0, 0))
    watched.sound(1, 2).locator(".play").click()
    watched.wait_until_it_plays(watched.sound(1, 2))
    assert watched.sound(0, 0).locator("audio").evaluate("audio => audio.paused")


def test_more_rows_come_when_they_are_wanted(watched: WatchedPage) -> None:
    watched.open("index.html")
    more = watched.page.locator("#more")
    expect(more).to_have_text("Load 2 more of 2")
    more.click()
    expect(watched.page.locator(".row")).to_have_count(5)
    expect(more).to_be_hidden()
    expect(watched.sound(3, 0).locator(".play")).to_be_focused()
    expect(watched.page.get_by_role("status")).to_have_text("5 of 5 sounds are shown.")
    watched.sound(4, 3).locator(".play").click()
    watched.wait_until_it_plays(watched.sound(4, 3))


def test_all_can_be_done_by_keyboard(watched: WatchedPage) -> None:
    watched.open("index.html")
    press, page = watched.page.keyboard.press, watched.page
    for stop in (".skip", ".aside a", "#volume", "#levelled"):
        press("Tab")
        expect(page.locator(stop).first).to_be_focused()
    press("Tab")
    expect(watched.sound(0, 0).locator(".seek")).to_be_focused()
    press("Tab")
    expect(watched.sound(0, 0).locator(".play")).to_be_focused()
    outline = watched.sound(0, 0).locator(".play").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    press("ArrowRight")
    press("ArrowRight")
    expect(watched.sound(0, 2).locator(".play")).to_be_focused()
    press(" ")
    watched.wait_until_it_plays(watched.sound(0, 2))
    press("1")
    watched.wait_until_it_plays(watched.sound(0, 1))
    expect(watched.sound(0, 1).locator(".play")).to_be_focused()
    press("Escape")
    expect(watched.sound(0, 1)).not_to_have_class(PLAYING)
    press("End")
    expect(watched.sound(0, 3).locator(".play")).to_be_focused()
    press("Tab")
    expect(page.locator("summary").first).to_be_focused()
    press("Enter")
    expect(page.locator("table").first).to_be_visible()
    press("Shift+Tab")  # back to the sound where the arrows had gone
    expect(watched.sound(0, 3).locator(".play")).to_be_focused()
    press("Shift+Tab")
    press("ArrowRight")
    watched.wait_until_it_plays(watched.sound(0, 3))


def test_parameters_stand_side_by_side_and_what_differs_is_marked(watched: WatchedPage) -> None:
    watched.open("index.html")
    watched.page.locator("summary").first.click()
    table = watched.page.locator("table").first
    expect(table.locator("thead th")).to_have_text(["", "1", "2", "3"])
    row = table.locator("tr", has=watched.page.get_by_role("rowheader", name="distance"))
    expect(row.locator("td")).to_have_text(["0.100", "0.200", "0.300"])
    assert table.locator("td.other").count() > 10
    same = table.locator("tr.same:not(.section)")
    assert same.count() > 0
    expect(same.first).to_be_hidden()
    watched.page.get_by_label("Only what differs").first.uncheck()
    expect(same.first).to_be_visible()


def test_the_page_may_ask_no_other_computer(watched: WatchedPage) -> None:
    watched.open("index.html")
    broken = watched.page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (e) => resolve(e.violatedDirective));
          new Image().src = "http://127.0.0.1:9/picture.png";
        })"""
    )
    assert broken == "img-src"
    assert "Content Security Policy" in watched.faults[0]
    watched.faults.clear()
    watched.asked.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is(watched: WatchedPage, scheme: str) -> None:
    watched.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    watched.open("index.html")
    ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = [int(part) for part in ground[4:-1].split(",")]
    assert all(part < 64 for part in brightness) == (scheme == "dark")


def test_a_lost_sound_is_told(watched: WatchedPage, tmp_path: Path) -> None:
    watched.page.route("**/*.mp3", lambda route: route.abort())
    watched.open("index.html")
    watched.sound(0, 1).locator(".play").click()
    expect(watched.sound(0, 1).locator(".play")).to_have_attribute(
        "title", "This browser cannot play the sound, or its file is gone."
    )
    assert watched.faults and watched.sounds_asked()
    watched.faults.clear()


def test_an_answer_is_given_kept_and_saved(watched: WatchedPage, tmp_path: Path) -> None:
    watched.open("blind.html")
    page = watched.page
    expect(page.locator("#left")).to_be_disabled()
    assert watched.sounds_asked() == []
    for name in ("Target", "A", "B"):
        page.get_by_role("button", name=f"Play {name}", exact=True).click()
    page.locator("#left").click()
    expect(page.locator("#count")).to_have_text("Question 2")

    page.reload()  # what was said is not lost
    expect(page.locator("#count")).to_have_text("Question 2")
    page.locator("#listener").fill("Some one")
    page.locator("#count").click()
    for key in ("t", "a", "b", "ArrowRight"):  # and by keyboard
        page.keyboard.press(key)
    expect(page.locator("#count")).to_have_text("Question 3")
    page.keyboard.press("s")
    expect(page.locator("#count")).to_have_text("Question 3")  # skipped
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save answers").click()
    saving.value.save_as(tmp_path / "answers.json")

    answers = read_answers([tmp_path / "answers.json"])
    assert len(answers) == 2 and {answer.kind for answer in answers} == {"pair"}
    for answer in answers:
        assert {answer.chosen.candidate, answer.other.candidate} < {1, 2, 3}
        assert answer.chosen.distance == pytest.approx(0.1 * answer.chosen.candidate)
    assert '"listener": "Some one"' in (tmp_path / "answers.json").read_text()


def test_every_eighth_question_is_a_check_and_the_questions_end(
    watched: WatchedPage, tmp_path: Path
) -> None:
    watched.open("blind.html")
    page = watched.page
    page.locator("#volume").fill("0")
    page.locator("#count").click()
    for number in range(1, 16):  # five rows with three pairs each
        expect(page.locator("#count")).to_have_text(f"Question {number}")
        for key in ("t", "a", "b", "ArrowLeft"):
            page.keyboard.press(key)
    expect(page.locator("#count")).to_have_text("That was all of them")
    with page.expect_download() as saving:
        page.locator("#save").click()
    saving.value.save_as(tmp_path / "answers.json")
    kinds = [answer.kind for answer in read_answers([tmp_path / "answers.json"])]
    assert kinds == ["pair"] * 7 + ["check"] + ["pair"] * 7
    watched.page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Begin anew").click()
    expect(page.locator("#count")).to_have_text("Question 1")
