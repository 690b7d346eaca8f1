#pragma once

#include "Discovery.h"
#include "Protocol.h"

/** What the link tells the musician when it fails: a sentence, and a next step. */
namespace synthmatch::problems
{

/** Hello was refused, or not answered: then the code is `link`. */
Problem refusedGreeting (const protocol::Refused&, const Discovery& backend, bool byAddress);

/** Somebody has ended the backend, or it crashed. */
Problem ended();

/** Another backend is there now. */
Problem replaced();

/** It is there and says nothing. */
Problem silent();

Problem noSocket();

} // namespace synthmatch::problems
