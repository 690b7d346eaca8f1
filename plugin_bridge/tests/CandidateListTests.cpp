#include "CandidateList.h"
#include "FakeSession.h"
#include "FakeStates.h"
#include "LayoutCheck.h"

#include <catch2/catch.hpp>

using namespace synthmatch;
using namespace synthmatch::test;

namespace
{
struct List
{
    FakeSession session;
    LookAndFeel look;
    CandidateList list { look, session };

    explicit List (const SessionView& state)
    {
        list.setBounds (0, 0, 536, 200);
        show (state);
    }

    void show (const SessionView& state)
    {
        session.show (state);
        list.show (session.view());
    }

    juce::ListBoxModel& model() { return list.model(); }

    void click (int row)
    {
        const juce::MouseEvent event (juce::Desktop::getInstance().getMainMouseSource(), {}, {}, 1.0f, 0.0f,
                                      0.0f, 0.0f, 0.0f, &list, &list, {}, {}, {}, 1, false);
        model().listBoxItemClicked (row, event);
    }
};
} // namespace

TEST_CASE ("A click writes that candidate, once", "[candidates]")
{
    List list (matched());
    list.click (3);
    CHECK (list.session.asked == juce::StringArray { "select 3" });
    list.click (1); // is in Surge XT already
    list.click (99);
    CHECK (list.session.asked.size() == 1);

    auto state = matched();
    state.write = WriteState::failed;
    list.show (state);
    list.click (1); // tries again
    CHECK (list.session.lastAsked() == "select 1");
}

TEST_CASE ("Return writes the marked row, and arrows are left to the window", "[candidates]")
{
    List list (matched());
    list.list.listBox().selectRow (4);
    CHECK (list.list.listBox().keyPressed (juce::KeyPress (juce::KeyPress::returnKey)));
    CHECK (list.session.lastAsked() == "select 4");
    CHECK_FALSE (list.list.listBox().keyPressed (juce::KeyPress (juce::KeyPress::upKey)));
    CHECK_FALSE (list.list.listBox().keyPressed (juce::KeyPress (juce::KeyPress::downKey)));
    CHECK (list.list.listBox().getSelectedRow() == 4);
}

TEST_CASE ("The list follows the session's selection", "[candidates]")
{
    List list (matched());
    CHECK (list.list.listBox().getSelectedRow() == 1);
    auto state = matched();
    state.selected = 7;
    list.show (state);
    CHECK (list.list.listBox().getSelectedRow() == 7);
    state.selected = -1;
    list.show (state);
    CHECK (list.list.listBox().getSelectedRow() == -1);
    state.candidates.clear();
    list.show (state);
    CHECK_FALSE (list.list.listBox().isVisible());
}

TEST_CASE ("A row shows whole phrases only, three at most", "[candidates]")
{
    List list (matched());
    CHECK (list.list.shownTells (2, 536).contains ("filters open"));
    CHECK_FALSE (list.list.shownTells (2, 536).contains ("delay 12%")); // the fourth
    const auto font = list.look.font (LookAndFeel::smallHeight);
    for (const int width : { 300, 420, 536, 900 })
        for (int row = 0; row < 8; ++row)
        {
            const auto shown = list.list.shownTells (row, width);
            CAPTURE (width, row, shown.toStdString());
            CHECK (shown.isNotEmpty());
            CHECK (LookAndFeel::textWidth (font, shown) <= width - 178 - 24);
        }
    CHECK (list.list.shownTells (0, 900).length() > list.list.shownTells (0, 420).length());
}

TEST_CASE ("Where no candidate could be rendered, its tells have the room of the bars", "[candidates]")
{
    List list (matched());
    const auto before = list.list.shownTells (0, 420);
    auto state = matched();
    for (auto& candidate : state.candidates)
        candidate.similarity = -1.0f;
    list.show (state);
    CHECK (list.list.shownTells (0, 420).length() > before.length());
}

TEST_CASE ("Screen readers and tooltips hear of each row in full", "[candidates]")
{
    List list (matched());
    CHECK (list.model().getNameForRow (1).contains ("90% similar"));
    CHECK (list.model().getNameForRow (1).contains ("is in Surge XT"));
    CHECK (list.model().getTooltipForRow (0).contains ("reverb 22%"));
    CHECK (list.model().getNameForRow (50).isEmpty());
}

TEST_CASE ("Without candidates the list says what comes next", "[candidates]")
{
    List list (listening());
    CHECK (find<juce::Label> (list.list, "Click Match.") != nullptr);
    auto state = listening();
    state.match = MatchState::matching;
    list.show (state);
    CHECK (find<juce::Label> (list.list, "The candidates will appear here.") != nullptr);
    CHECK (find<juce::Label> (list.list, "Click Match.") == nullptr);
}
