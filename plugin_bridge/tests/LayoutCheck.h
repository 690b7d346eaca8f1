#pragma once

#include "FlatButton.h"

namespace synthmatch::test
{

inline juce::String nameOf (const juce::Component& component)
{
    if (const auto* button = dynamic_cast<const juce::Button*> (&component))
        return "button '" + (button->getTitle().isNotEmpty() ? button->getTitle() : button->getButtonText())
               + "'";
    if (const auto* label = dynamic_cast<const juce::Label*> (&component))
        return "label '" + label->getText() + "'";
    return "'" + component.getTitle() + "' " + component.getBounds().toString();
}

inline bool isEmptyLabel (const juce::Component& component)
{
    const auto* label = dynamic_cast<const juce::Label*> (&component);
    return label != nullptr && label->getText().isEmpty();
}

/** What is wrong with the layout of all that is visible in `parent`: overlaps, cut edges, cut texts. */
inline juce::StringArray layoutFaults (const juce::Component& parent)
{
    juce::StringArray faults;
    std::vector<const juce::Component*> seen;
    for (const auto* child : parent.getChildren())
    {
        if (! child->isVisible() || isEmptyLabel (*child))
            continue;
        if (! parent.getLocalBounds().contains (child->getBounds()) || child->getBounds().isEmpty())
            faults.add (nameOf (*child) + " does not lie within its parent");
        for (const auto* other : seen)
            if (child->getBounds().intersects (other->getBounds()))
                faults.add (nameOf (*child) + " overlaps " + nameOf (*other));
        seen.push_back (child);

        if (const auto* button = dynamic_cast<const FlatButton*> (child))
        {
            if (! button->contentFits())
                faults.add (nameOf (*child) + " is cut");
        }
        else if (const auto* label = dynamic_cast<const TextLabel*> (child))
        {
            if (! label->fits())
                faults.add (nameOf (*child) + " is cut");
        }
        else if (dynamic_cast<const juce::ListBox*> (child) == nullptr
                 && dynamic_cast<const juce::TextEditor*> (child) == nullptr)
            faults.addArray (layoutFaults (*child));
    }
    return faults;
}

/** The visible component of this kind with this title or text; nullptr if there is none. */
template <typename Kind>
Kind* find (juce::Component& parent, const juce::String& title)
{
    for (auto* child : parent.getChildren())
    {
        if (! child->isVisible())
            continue;
        if (auto* found = dynamic_cast<Kind*> (child))
        {
            const auto* button = dynamic_cast<juce::Button*> (child);
            const auto* label = dynamic_cast<juce::Label*> (child);
            if (child->getTitle() == title || (button != nullptr && button->getButtonText() == title)
                || (label != nullptr && label->getText() == title))
                return found;
        }
        if (auto* deeper = find<Kind> (*child, title))
            return deeper;
    }
    return nullptr;
}

} // namespace synthmatch::test
