#include <fmt/format.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct ChannelShuffleArguments {
  std::int64_t groups = 0;
};

const Schema<ChannelShuffleArguments> schema =
    Schema<ChannelShuffleArguments>("channel_shuffle",
                                    "Takes the first channel of each group, then each second one, and so on (Zhang et al., 2018).",
                                    "torch.nn.ChannelShuffle")
        .required("groups", &ChannelShuffleArguments::groups, "groups that the channels are split into", at_least(1));

void build(const ChannelShuffleArguments& arguments, LayerBuilder& layer) {
  layer.describe(fmt::format("groups {}", arguments.groups));
  require_map(layer);
  if (layer.input().channels % arguments.groups != 0)
    throw ShapeError(fmt::format("channel_shuffle's groups {} must divide the {} channels of its input {}", arguments.groups,
                                 layer.input().channels, to_string(layer.input())));
  layer.apply(ChannelShuffle{arguments.groups}, layer.input());
}

}  // namespace

LayerType channel_shuffle_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
