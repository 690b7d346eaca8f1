#include "CandidateList.h"

#include "Icons.h"
#include "CandidateWords.h"
#include "Words.h"

namespace synthmatch
{

namespace
{
// A row from left to right, in logical pixels; the tells take what is left.
constexpr int rankWidth = 30, barWidth = 64, percentWidth = 44, noteWidth = 40, stateWidth = 24;
constexpr int maxTells = 3;
constexpr int stepsWidth = 400;
const juce::String between = juce::String::fromUTF8 ("  \xc2\xb7  ");

bool areSame (const CandidateView& first, const CandidateView& second)
{
    return first.candidate == second.candidate && first.rank == second.rank && first.tells == second.tells
           && first.note.pitch == second.note.pitch
           && std::abs (first.similarity - second.similarity) < 0.01f;
}

/** Whether the list looks the same for both. */
bool looksTheSame (const SessionView& first, const SessionView& second)
{
    return first.job == second.job && first.selected == second.selected && first.write == second.write
           && first.writeRemark == second.writeRemark && first.match == second.match
           && std::equal (first.candidates.begin(), first.candidates.end(), second.candidates.begin(),
                          second.candidates.end(), areSame);
}

} // namespace

CandidateList::CandidateList (const LookAndFeel& lookToUse, SessionCommands& sessionToDrive)
    : look (lookToUse), session (sessionToDrive),
      hint (lookToUse, LookAndFeel::bodyHeight, palette::muted, false, juce::Justification::centred),
      steps { { { lookToUse, 1, "Play your track, record, or drop a sound." },
                { lookToUse, 2, "Click Match." },
                { lookToUse, 3, "Step through the candidates while Surge XT plays them." } } },
      rows (*this)
{
    rows.setColour (juce::ListBox::backgroundColourId, juce::Colours::transparentBlack);
    rows.setTitle ("Candidates");
    rows.setRowHeight (rowHeight);
    rows.getViewport()->setScrollBarThickness (10);
    addAndMakeVisible (rows);
    addChildComponent (hint);
    for (auto& step : steps)
        addAndMakeVisible (step);
}

CandidateList::~CandidateList() { rows.setModel (nullptr); }

bool CandidateList::has (int index) const
{
    return view != nullptr && juce::isPositiveAndBelow (index, (int) view->candidates.size());
}

void CandidateList::show (SessionViewPtr newView)
{
    const auto old = std::exchange (view, std::move (newView));
    if (old != nullptr && looksTheSame (*old, *view))
        return;
    tells = words::tellsApart (view->candidates);
    hasSimilarity = std::any_of (view->candidates.begin(), view->candidates.end(),
                                 [] (const CandidateView& one) { return one.similarity >= 0.0f; });
    const bool isEmpty = view->candidates.empty();
    rows.setVisible (! isEmpty);
    hint.show (view->match == MatchState::connecting
                   ? "The candidates will appear here.\nThe first match takes a little longer."
                   : "The candidates will appear here.");
    hint.setVisible (isEmpty && words::isBusy (view->match));
    stepsAreWanted = isEmpty && ! words::isBusy (view->match);
    rows.updateContent();
    if (! has (view->selected))
        rows.deselectAllRows();
    else if (old == nullptr || old->selected != view->selected || old->job != view->job
             || rows.getSelectedRow() != view->selected)
        rows.selectRow (view->selected);
    rows.repaint();
    resized();
}

void CandidateList::choose (int index)
{
    const bool isThere = has (index) && index == view->selected
                         && (view->write == WriteState::verified || view->write == WriteState::writing);
    if (has (index) && ! isThere)
        session.select (index);
}

int CandidateList::getNumRows() { return view == nullptr ? 0 : (int) view->candidates.size(); }

juce::String CandidateList::getNameForRow (int row)
{
    return has (row) ? words::candidateName (*view, row) : juce::String();
}

juce::String CandidateList::shownTells (int index, int rowWidth) const
{
    const auto font = look.font (LookAndFeel::smallHeight);
    const int room = rowWidth - rankWidth - (hasSimilarity ? barWidth + percentWidth : 0) - noteWidth
                     - stateWidth;
    juce::String shown;
    int count = 0;
    for (const auto& tell : tells[(size_t) index])
    {
        const auto longer = shown.isEmpty() ? tell : shown + between + tell;
        if (LookAndFeel::textWidth (font, longer) <= room && count++ < maxTells)
            shown = longer;
    }
    return shown.isEmpty() && ! tells[(size_t) index].empty()
               ? LookAndFeel::shortened (font, tells[(size_t) index].front(), room)
               : shown;
}

void CandidateList::paintListBoxItem (int row, juce::Graphics& g, int width, int height, bool isMarked)
{
    if (! has (row))
        return;
    const auto& candidate = view->candidates[(size_t) row];
    const bool isSelected = row == view->selected;
    if (isSelected || isMarked)
    {
        g.setColour (isSelected ? palette::tint : palette::control);
        g.fillRect (0, 0, width, height);
    }
    if (isSelected)
    {
        g.setColour (palette::accent);
        g.fillRect (0, 0, 3, height);
    }

    auto area = juce::Rectangle<int> (width, height);
    g.setFont (look.font (LookAndFeel::smallHeight, true));
    g.setColour (isSelected ? palette::accent : palette::muted);
    g.drawText (juce::String (candidate.rank), area.removeFromLeft (rankWidth).withTrimmedRight (10),
                juce::Justification::centredRight);

    if (hasSimilarity)
        paintSimilarity (g, area.removeFromLeft (barWidth + percentWidth), candidate.similarity, isSelected);
    g.setFont (look.font (LookAndFeel::smallHeight));
    g.setColour (palette::text);
    g.drawText (words::noteName (candidate.note.pitch), area.removeFromLeft (noteWidth).withTrimmedLeft (6),
                juce::Justification::centredLeft);
    if (isSelected)
        paintState (g, area.removeFromRight (stateWidth));
    else
        area.removeFromRight (stateWidth);
    g.setFont (look.font (LookAndFeel::smallHeight));
    g.setColour (isSelected ? palette::text : palette::muted);
    g.drawText (shownTells (row, width), area, juce::Justification::centredLeft, false);
}

void CandidateList::paintSimilarity (juce::Graphics& g, juce::Rectangle<int> area, float similarity,
                                     bool isSelected) const
{
    if (similarity < 0.0f)
        return;
    const auto bar = area.removeFromLeft (barWidth).toFloat().withSizeKeepingCentre (barWidth, 6.0f);
    g.setColour (palette::control.brighter (0.1f));
    g.fillRoundedRectangle (bar, 3.0f);
    g.setColour (isSelected ? palette::accent : palette::muted);
    g.fillRoundedRectangle (bar.withWidth (bar.getWidth() * juce::jlimit (0.05f, 1.0f, similarity / 100.0f)),
                            3.0f);
    g.setColour (palette::text);
    g.drawText (words::similarity (similarity), area.withTrimmedRight (8), juce::Justification::centredRight);
}

void CandidateList::paintState (juce::Graphics& g, juce::Rectangle<int> area) const
{
    const auto place = area.toFloat().withSizeKeepingCentre (13.0f, 13.0f);
    switch (view->write)
    {
        case WriteState::none: break;
        case WriteState::verified: return drawIcon (g, Icon::tick, place, palette::accent);
        case WriteState::writing: return drawIcon (g, Icon::more, place, palette::muted);
        case WriteState::unverified:
        case WriteState::queued: return drawIcon (g, Icon::dot, place, palette::text);
        case WriteState::differs:
        case WriteState::failed: return drawIcon (g, Icon::warning, place, palette::alert);
    }
}

void CandidateList::paint (juce::Graphics& g)
{
    g.setColour (palette::surface);
    g.fillRoundedRectangle (getLocalBounds().toFloat(), 6.0f);
}

void CandidateList::paintOverChildren (juce::Graphics& g)
{
    if (rows.hasKeyboardFocus (true))
        LookAndFeel::drawFocusRing (g, getLocalBounds().toFloat(), 6.0f);
}

void CandidateList::resized()
{
    rows.setBounds (getLocalBounds().reduced (0, padding));
    hint.setBounds (getLocalBounds());
    const int stepHeight = steps.front().heightFor (stepsWidth);
    const int gap = juce::jlimit (2, 8, (getHeight() - 3 * stepHeight) / 4);
    auto area = getLocalBounds().withSizeKeepingCentre (std::min (stepsWidth, getWidth()),
                                                        3 * stepHeight + 2 * gap);
    for (auto& step : steps)
    {
        step.setVisible (stepsAreWanted && getHeight() >= 3 * stepHeight + 2 * gap);
        step.setBounds (area.removeFromTop (stepHeight));
        area.removeFromTop (gap);
    }
}

bool CandidateList::Rows::keyPressed (const juce::KeyPress& key)
{
    if (key == juce::KeyPress::returnKey)
    {
        list.choose (std::max (0, getSelectedRow()));
        return true;
    }
    if (key == juce::KeyPress::upKey || key == juce::KeyPress::downKey)
        return false;
    return ListBox::keyPressed (key);
}

} // namespace synthmatch
