#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct IdentityArguments {};

const Schema<IdentityArguments> schema("identity", "Passes its input on.", "torch.nn.Identity");

void build(const IdentityArguments&, LayerBuilder&) {}

}  // namespace

LayerType identity_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
