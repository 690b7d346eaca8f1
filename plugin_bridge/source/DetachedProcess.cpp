#include "DetachedProcess.h"

namespace synthmatch
{

bool isOfHostsOnly (const juce::String& variable)
{
    // Hosts that bring libraries or a Python of their own set these for themselves.
    return variable == "LD_LIBRARY_PATH" || variable == "LD_PRELOAD" || variable.startsWith ("DYLD_")
           || variable == "PYTHONHOME" || variable == "PYTHONPATH" || variable == "PYTHONEXECUTABLE"
           || variable == "__PYVENV_LAUNCHER__";
}

} // namespace synthmatch
