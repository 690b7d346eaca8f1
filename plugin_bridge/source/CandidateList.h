#pragma once

#include "LookAndFeel.h"
#include "SessionView.h"
#include "Step.h"

namespace synthmatch
{

/** The candidates by rank: how similar, which note, what tells them apart, which one is in Surge XT.

    A click writes a candidate. The list takes the keyboard when it is clicked or reached with Tab:
    then Return writes the marked row, and the window's keys work.
*/
class CandidateList final : public juce::Component, private juce::ListBoxModel
{
public:
    CandidateList (const LookAndFeel&, SessionCommands&);
    ~CandidateList() override;

    static constexpr int rowHeight = 24;
    static constexpr int padding = 4; // above the first row and below the last

    void show (SessionViewPtr);
    void paint (juce::Graphics&) override;
    void paintOverChildren (juce::Graphics&) override;
    void resized() override;

    /** Which of a candidate's tells are shown in rows of this width; whole phrases, three at most. */
    juce::String shownTells (int index, int rowWidth) const;

    juce::ListBox& listBox() { return rows; }
    juce::ListBoxModel& model() { return *this; }

private:
    /** A list box that leaves the arrow keys to the window, and tells when it has the keyboard. */
    class Rows final : public juce::ListBox
    {
    public:
        explicit Rows (CandidateList& listToServe) : juce::ListBox ({}, &listToServe), list (listToServe) {}

        bool keyPressed (const juce::KeyPress&) override;
        void focusGained (FocusChangeType) override { list.repaint(); }
        void focusLost (FocusChangeType) override { list.repaint(); }

    private:
        CandidateList& list;
    };

    const LookAndFeel& look;
    SessionCommands& session;
    SessionViewPtr view;
    std::vector<std::vector<juce::String>> tells;
    bool hasSimilarity = false; // of any of them
    TextLabel hint;
    std::array<Step, 3> steps;
    bool stepsAreWanted = false;
    Rows rows;

    bool has (int index) const;
    void choose (int index);
    void paintSimilarity (juce::Graphics&, juce::Rectangle<int>, float similarity, bool isSelected) const;
    void paintState (juce::Graphics&, juce::Rectangle<int>) const;

    int getNumRows() override;
    void paintListBoxItem (int row, juce::Graphics&, int width, int height, bool isMarked) override;
    void listBoxItemClicked (int row, const juce::MouseEvent&) override { choose (row); }
    juce::String getNameForRow (int row) override;
    juce::String getTooltipForRow (int row) override { return getNameForRow (row); }
    juce::MouseCursor getMouseCursorForRow (int) override { return juce::MouseCursor::PointingHandCursor; }

    JUCE_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR (CandidateList)
};

} // namespace synthmatch
