#pragma once

#include <fmt/format.h>

#include "engine/lower/lower.h"
