/* What a seed draws: how many brokers and clients there are, their settings and limits, which
 * kinds of fault this world knows and how often they come.
 *
 * One thread. */
#ifndef TESTS_SIM_WEATHER_H
#define TESTS_SIM_WEATHER_H

#include "tests/sim/sim.h"

#endif
