#include "engine/training/checkpoint.h"

#include "engine/training/ema.h"
#include "engine/training/weights.h"
#include "tests/graph/networks.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

const std::string config = "name: \"x\"\ninput: [1, 2, 3]  # ü\n";
const std::vector<std::string> classes = {"T-shirt/top", "Hose \"kurz\"", "Füße"};

/// A model with three steps of Adam behind it, saved.
struct Saved {
  explicit Saved(bool averages = false) : model(linear_model(4, 3)), optimizer(optimizer_of("adam", model.trainable_values().size())) {
    if (averages) ema.emplace(model, 0.5);
    initialize(model, 3);
    for (int done = 0; done < 3; ++done) {
      std::vector<float> gradients(model.trainable_values().size());
      for (std::size_t id = 0; id < 2; ++id) {
        std::vector<float> own(static_cast<std::size_t>(model.graph().parameters[id].count()));
        std::iota(own.begin(), own.end(), static_cast<float>(done));
        model.from_plain(static_cast<ParameterId>(id), own, gradients);
      }
      step(*optimizer, model.trainable_values(), gradients, 0.01);
      if (ema) ema->update();
    }
    model.values_changed();
    model.set_dropout_step(17);
    schedule->epoch_done({0, 0.25, 0.5});
    write_last(path, model, config, classes, {*optimizer, *schedule, ema ? &*ema : nullptr, progress});
  }

  TemporaryFolder folder;
  std::string path = folder.file("last.safetensors");
  Model model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule = schedule_of("plateau", {10, 1}, *optimizer);
  std::optional<Ema> ema;
  Progress progress{.epoch = 2,
                    .step = 5,
                    .total_steps = 25,
                    .loss_sum = 0.1 + 0.2,
                    .loss_weight = 0.1 + 0.3,
                    .best_accuracy = 1.0 / 3,
                    .seconds = 1e-3 / 7,
                    .stopping = {0.1 + 0.7, 3},
                    .images = 50,
                    .log_bytes = 1234};
};

/// The message of restoring `checkpoint` into a fresh model with `optimizer`.
std::string restore_error(const Checkpoint& checkpoint, const std::string& optimizer = "adam",
                          const std::string& schedule_item = "plateau") {
  Model model = linear_model(4, 3);
  auto fresh = optimizer_of(optimizer, model.trainable_values().size());
  const auto schedule = schedule_of(schedule_item, {10, 1}, *fresh);
  Progress progress;
  return input_error([&] { restore(checkpoint, "run/last.safetensors", model, {*fresh, *schedule, nullptr, progress}); });
}

TEST_CASE("a checkpoint holds how convolutions were computed") {
  const TemporaryFolder folder;
  Chain net({16, 8, 8});
  Model model(net.convolution(16).flatten().linear(3), {});
  REQUIRE_FALSE(model.choices().empty());
  const std::string path = folder.file("best.safetensors");
  write_best(path, model, config, classes);
  CHECK(read_checkpoint(path).choices == model.choices());

  SafeTensors file = read_safetensors(path);
  file.metadata["choices"] = "nonsense";
  write_safetensors(path, file);
  CHECK(input_error([&] { read_checkpoint(path); }) == path + ": 'choices' in its metadata is damaged");
}

TEST_CASE("a restored run is the saved one to the bit") {
  Saved saved;
  Model model = linear_model(4, 3);
  auto optimizer = optimizer_of("adam", model.trainable_values().size());
  const Checkpoint checkpoint = read_checkpoint(saved.path);
  const auto schedule = schedule_of("plateau", {10, 1}, *optimizer);
  Progress progress;
  restore(checkpoint, saved.path, model, {*optimizer, *schedule, nullptr, progress});
  CHECK(progress.epoch == 2);
  CHECK(progress.step == 5);
  CHECK(progress.total_steps == 25);
  CHECK(progress.loss_sum == 0.1 + 0.2);
  CHECK(progress.loss_weight == 0.1 + 0.3);
  CHECK(progress.best_accuracy == 1.0 / 3);
  CHECK(progress.seconds == 1e-3 / 7);
  CHECK(progress.stopping == StoppingState{0.1 + 0.7, 3});
  CHECK(schedule->state() == saved.schedule->state());
  CHECK(model.dropout_step() == 17);
  CHECK(optimizer->counters() == saved.optimizer->counters());
  CHECK(optimizer->counters().steps == 3);
  CHECK(all_parameters(model) == all_parameters(saved.model));
  const auto from = saved.optimizer->state();
  const auto to = optimizer->state();
  for (std::size_t i = 0; i < from.size(); ++i)
    for (const ParameterId id : {0, 1}) CHECK(model.to_plain(id, to[i].values) == saved.model.to_plain(id, from[i].values));
}

TEST_CASE("where weights are averaged, the file's weights are the averages, and a resume finds both") {
  Saved saved(true);
  saved.ema->hold(Ema::Held::averaged);
  const std::vector<float> averages = all_parameters(saved.model);
  saved.ema->hold(Ema::Held::trained);
  const Checkpoint checkpoint = read_checkpoint(saved.path);
  Model model = linear_model(4, 3);
  CHECK(warnings(load_weights(model, checkpoint.file, saved.path, {}), saved.path).empty());
  CHECK(all_parameters(model) == averages);

  auto optimizer = optimizer_of("adam", model.trainable_values().size());
  const auto schedule = schedule_of("plateau", {10, 1}, *optimizer);
  Progress progress;
  Ema ema(model, 0.5);
  restore(checkpoint, saved.path, model, {*optimizer, *schedule, &ema, progress});
  CHECK(all_parameters(model) == all_parameters(saved.model));
  CHECK(ema.updates() == 3);
  ema.hold(Ema::Held::averaged);
  CHECK(all_parameters(model) == averages);

  Model without = linear_model(4, 3);
  restore(checkpoint, saved.path, without, {*optimizer, *schedule, nullptr, progress});
  CHECK(all_parameters(without) == all_parameters(saved.model));
}

TEST_CASE("averages begin anew in a run that kept none before") {
  Saved saved;
  Model model = linear_model(4, 3);
  auto optimizer = optimizer_of("adam", model.trainable_values().size());
  const auto schedule = schedule_of("plateau", {10, 1}, *optimizer);
  Progress progress;
  Ema ema(model, 0.5);
  restore(read_checkpoint(saved.path), saved.path, model, {*optimizer, *schedule, &ema, progress});
  CHECK(all_parameters(model) == all_parameters(saved.model));
  CHECK(ema.updates() == 0);
}

TEST_CASE("the state of another schedule is an error") {
  Saved saved;
  CHECK(contains(restore_error(read_checkpoint(saved.path), "adam", "cosine"), "the schedule's state does not fit"));
  Checkpoint damaged = read_checkpoint(saved.path);
  for (const std::string text : {"", "{}", "[null]", "[1, 2"}) {
    CAPTURE(text);
    damaged.file.metadata["schedule_state"] = text;
    CHECK(contains(restore_error(damaged), "'schedule_state' in its metadata is damaged"));
  }
}

TEST_CASE("a checkpoint carries config and classes, and PyTorch's names and shapes") {
  Saved saved;
  const Checkpoint checkpoint = read_checkpoint(saved.path);
  CHECK(checkpoint.config == config);
  CHECK(checkpoint.classes == classes);
  CHECK(checkpoint.file.metadata.at("format") == "pt");
  CHECK(checkpoint.file.tensors.size() == 6);
  CHECK(checkpoint.file.tensors.at("fc.weight").dims == std::vector<std::int64_t>{3, 4});
  CHECK(checkpoint.file.tensors.at("optimizer.exp_avg_sq.fc.weight").dims == std::vector<std::int64_t>{3, 4});
  const Tensor& exp_avg = checkpoint.file.tensors.at("optimizer.exp_avg.fc.bias");
  CHECK(exp_avg.values[1] > exp_avg.values[0]);  // in PyTorch's order of elements
}

TEST_CASE("the best weights are saved without what a resume needs") {
  Saved saved;
  write_best(saved.path, saved.model, config, classes);
  const Checkpoint checkpoint = read_checkpoint(saved.path);
  CHECK(checkpoint.file.tensors.size() == 2);
  CHECK(checkpoint.config == config);
  CHECK(restore_error(checkpoint) ==
        "run/last.safetensors: cannot resume from this file: its metadata has no 'progress'; a run's last.safetensors has what is needed");
}

TEST_CASE("a file of weights alone is no checkpoint") {
  Saved saved;
  write_safetensors(saved.path, save_weights(saved.model));
  CHECK(contains(input_error([&] { read_checkpoint(saved.path); }), "no config"));
}

TEST_CASE("classes that are no list of names are an error") {
  Saved saved;
  SafeTensors file = save_weights(saved.model);
  file.metadata = {{"config", config}, {"classes", "[1, 2"}};
  write_safetensors(saved.path, file);
  CHECK(contains(input_error([&] { read_checkpoint(saved.path); }), "'classes'"));
}

TEST_CASE("names of classes come without control characters, which could take over a terminal") {
  SafeTensors file;
  file.metadata = {{"config", config}, {"classes", R"(["\u001b]0;x\u0007", "a\tb", "Füße"])"}};
  CHECK(take_apart(file, "x").classes == std::vector<std::string>{"?]0;x?", "a?b", "Füße"});
}

TEST_CASE("an optimizer's state that the checkpoint lacks is named") {
  Saved saved;
  const std::string message = restore_error(read_checkpoint(saved.path), "sgd: {lr: 1, momentum: 0.9}");
  CHECK(contains(message, "optimizer.momentum_buffer.fc.weight: missing"));
  CHECK(contains(message, "optimizer.momentum_buffer.fc.bias: missing"));
}

TEST_CASE("a checkpoint of another network names the shapes") {
  Saved saved;
  Checkpoint checkpoint = read_checkpoint(saved.path);
  checkpoint.file.tensors["optimizer.exp_avg.fc.bias"] = {{2}, {1, 2}};
  CHECK(contains(restore_error(checkpoint), "optimizer.exp_avg.fc.bias: 2, needed 3"));
  checkpoint = read_checkpoint(saved.path);
  checkpoint.file.tensors.erase("fc.bias");
  const std::string message = restore_error(checkpoint);
  CHECK(contains(message, "fc.bias: missing"));
  CHECK_FALSE(contains(message, "--init-except"));
}

TEST_CASE("damaged metadata is an error that names it") {
  Saved saved;
  const Checkpoint checkpoint = read_checkpoint(saved.path);
  for (const std::string progress : {"", "[]", "{}", "{\"epoch\": -1}", "{\"epoch\": 1.5}", "{\"epoch\": \"x\"}"}) {
    CAPTURE(progress);
    Checkpoint damaged = checkpoint;
    damaged.file.metadata["progress"] = progress;
    CHECK(contains(restore_error(damaged), "'progress' in its metadata is damaged"));
  }
  for (const std::string key : {"dropout_step", "optimizer_steps"})
    for (const std::string text : {"", "-1", "1x", "99999999999999999999999"}) {
      CAPTURE(text);
      Checkpoint damaged = checkpoint;
      damaged.file.metadata[key] = text;
      CHECK(contains(restore_error(damaged), "'" + key + "' in its metadata is no count"));
    }
  for (const std::string text : {"", "one", "[1]"}) {
    CAPTURE(text);
    Checkpoint damaged = checkpoint;
    damaged.file.metadata["optimizer_mu_product"] = text;
    CHECK(contains(restore_error(damaged), "'optimizer_mu_product' in its metadata is no number"));
  }
}

}  // namespace
}  // namespace cnnctl
