#include <fmt/format.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "engine/upper/upper.h"
#include "lower.h"
