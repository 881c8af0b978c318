#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "engine/runtime/model.h"

namespace cnnctl {
namespace {

TEST_CASE("training names the first layer whose output is not finite") {
  const std::string items =
      "- conv: {out_channels: 6, kernel_size: 3, padding: 1}\n- batch_norm\n- relu\n- max_pool: {kernel_size: 2}\n- residual: {body: "
      "[conv: "
      "{out_channels: 6, kernel_size: 3, padding: 1}, relu]}\n- flatten\n- linear: {out_features: 3}";
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const bool recompute : {false, true}) {
    CAPTURE(recompute);
    Model model(network_of(items, {3, 6, 6}), {.batch_size = 2, .recompute = recompute});
    const auto set = [&](const std::string& name, float value) {
      const auto& parameters = model.graph().parameters;
      const auto found = std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& each) { return each.name == name; });
      REQUIRE(found != parameters.end());
      model.set_parameter(static_cast<ParameterId>(found - parameters.begin()),
                          std::vector<float>(static_cast<std::size_t>(found->count()), value));
    };
    const auto first = [&] {
      Program& program = model.training(2);
      std::fill(program.input().begin(), program.input().end(), 0.5F);
      return program.first_not_finite();
    };
    CHECK(first() == "");
    set("6.bias", infinity);
    CHECK(first() == "6");
    set("4.0.weight", nan);
    CHECK(first() == "4.0");
    set("0.bias", nan);
    CHECK(first() == "0");
  }
}

}  // namespace
}  // namespace cnnctl
