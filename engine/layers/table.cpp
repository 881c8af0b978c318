#include <algorithm>

#include "engine/layers/layer.h"

namespace cnnctl {

// Each in the file of its name.
LayerType conv_layer(), linear_layer(), batch_norm_layer();
LayerType relu_layer(), leaky_relu_layer(), elu_layer(), sigmoid_layer(), tanh_layer(), softmax_layer();
LayerType relu6_layer(), hardswish_layer(), hardsigmoid_layer(), silu_layer(), gelu_layer(), mish_layer(), softplus_layer();
LayerType prelu_layer(), maxout_layer();
LayerType max_pool_layer(), avg_pool_layer(), adaptive_avg_pool_layer();
LayerType adaptive_max_pool_layer(), global_avg_pool_layer(), global_max_pool_layer();
LayerType lrn_layer(), layer_norm_layer(), group_norm_layer();
LayerType pad_layer(), channel_shuffle_layer(), slice_layer();
LayerType flatten_layer(), dropout_layer(), identity_layer();
LayerType drop_path_layer(), layer_scale_layer();

const std::vector<LayerType>& layer_types() {
  static const std::vector<LayerType> types = {
      conv_layer(),
      linear_layer(),
      batch_norm_layer(),
      layer_norm_layer(),
      group_norm_layer(),
      lrn_layer(),
      relu_layer(),
      relu6_layer(),
      leaky_relu_layer(),
      prelu_layer(),
      elu_layer(),
      sigmoid_layer(),
      hardsigmoid_layer(),
      tanh_layer(),
      silu_layer(),
      hardswish_layer(),
      gelu_layer(),
      mish_layer(),
      softplus_layer(),
      softmax_layer(),
      maxout_layer(),
      max_pool_layer(),
      avg_pool_layer(),
      adaptive_avg_pool_layer(),
      adaptive_max_pool_layer(),
      global_avg_pool_layer(),
      global_max_pool_layer(),
      flatten_layer(),
      pad_layer(),
      slice_layer(),
      channel_shuffle_layer(),
      dropout_layer(),
      drop_path_layer(),
      layer_scale_layer(),
      identity_layer(),
  };
  return types;
}

const LayerType* find_layer_type(std::string_view name) {
  const auto found =
      std::find_if(layer_types().begin(), layer_types().end(), [name](const LayerType& type) { return type.declaration->name == name; });
  return found == layer_types().end() ? nullptr : &*found;
}

}  // namespace cnnctl
