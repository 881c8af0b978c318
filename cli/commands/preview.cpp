#include "cli/commands/preview.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/command.h"
#include "cli/commands/inputs.h"
#include "cli/commands/recipe.h"
#include "cli/commands/sources.h"
#include "cli/terminal/numbers.h"
#include "cli/terminal/terminal.h"
#include "datasets/images/contact_sheet.h"
#include "datasets/images/png.h"
#include "datasets/images/text.h"
#include "datasets/loader/pipeline.h"
#include "engine/formats/atomic_file.h"

namespace cnnctl {
namespace {

void check_path(const std::string& path) {
  check_output_file("--preview", path);
  if (std::filesystem::path(path).extension() != ".png")
    throw InputError(fmt::format("--preview {}: a PNG picture is written; give it a name that ends in .png", path));
}

/// How training scales what it gets from `dataset`: value = (shown - mean) / deviation, shown in [0, 1]. Of floats, which are taken as they
/// are, nobody knows; `pixels` are those to show, whose least and greatest become 0 and 1 unless they lie there.
ChannelStatistics scaling_of(const Dataset& dataset, const LoaderOptions& options, std::span<const float> pixels) {
  const Pipeline pipeline(options.transforms, options.normalize, dataset.image);
  const auto channels = static_cast<std::size_t>(pipeline.output().channels);
  if (!std::holds_alternative<std::vector<float>>(dataset.pixels))
    return pipeline.normalization().value_or(ChannelStatistics{std::vector(channels, 0.0), std::vector(channels, 1.0)});
  const auto [least, greatest] = std::minmax_element(pixels.begin(), pixels.end());
  const double low = std::min(double{*least}, 0.0), high = std::max(double{*greatest}, 1.0);
  const double range = high - low;
  return {std::vector(channels, -low / range), std::vector(channels, 1 / range)};
}

/// One image of floats as bytes; of other than 3 channels the first alone.
Image to_bytes(std::span<const float> pixels, const Shape& shape, const ChannelStatistics& scaling) {
  Image image = make_image({shape.channels == 3 ? 3 : 1, shape.height, shape.width});
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    const auto from = pixels.subspan(channel * image.plane_size(), image.plane_size());
    const auto shown = [&, mean = scaling.means[channel], deviation = scaling.deviations[channel]](float value) {
      return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value * deviation + mean, 0.0, 1.0)));
    };
    std::transform(from.begin(), from.end(), image.plane(c).begin(), shown);
  }
  return image;
}

/// The names of labels; their numbers where the dataset has no names.
class Names {
 public:
  explicit Names(const std::vector<std::string>& classes) : classes_(classes) {}

  std::string of(std::int32_t label) const {
    const auto index = static_cast<std::size_t>(label);
    return index < classes_.size() ? classes_[index] : std::to_string(label);
  }
  /// What an image is labelled with, a line a class.
  std::vector<std::string> of(const Targets& targets, std::size_t image) const {
    const std::int32_t label = targets.labels[image], other = targets.others.empty() ? label : targets.others[image];
    if (label == other) return {of(label)};
    return {with_share(label, targets.share), with_share(other, 1 - targets.share)};
  }
  /// Pixels that the longest line is wide, at scale 1.
  std::int64_t width(bool with_shares) const {
    std::int64_t widest = 0;
    for (std::int32_t i = 0; i < std::ssize(classes_); ++i) widest = std::max(widest, text_width(with_shares ? with_share(i, 1) : of(i)));
    return widest;
  }

 private:
  std::string with_share(std::int32_t label, double share) const { return fmt::format("{:.0f} % {}", 100 * share, of(label)); }

  const std::vector<std::string>& classes_;
};

/// The first batches of training, put on a contact sheet.
class Preview {
 public:
  explicit Preview(const Experiment& experiment)
      : experiment_(experiment),
        split_(load_split_alone(experiment, Split::train)),
        source_(open_source()),
        names_(split_.dataset->classes),
        mixer_(mixer_of(experiment.train)),
        sheet_(shown_shape(), mixer_ ? 2 : 1, names_.width(mixer_.has_value())) {}

  /// Fills the sheet.
  void fill() {
    const std::int64_t count = std::min(sheet_.capacity(), source_->size());
    const std::int64_t batch_size = mixer_ ? experiment_.train.batch_size : count;
    source_->seek(0, 0);
    for (std::int64_t step = 0; step * batch_size < count; ++step)
      add_batch(step, std::min(batch_size, source_->size() - step * batch_size), count - step * batch_size);
  }

  const ContactSheet& sheet() const { return sheet_; }
  const BatchSource& source() const { return *source_; }
  /// Of every image its lines.
  const std::vector<std::vector<std::string>>& labels() const { return labels_; }

 private:
  std::unique_ptr<BatchSource> open_source() const {
    auto source = make_source(experiment_, split_, split_.images, Purpose::training);
    if (!source) throw InputError(fmt::format("dataset {} has no training images", experiment_.data.dataset.type));
    return source;
  }
  static std::optional<BatchMixer> mixer_of(const TrainSpec& train) {
    const Mixing mixing = mixing_of(train);
    return mixing.is_on() ? std::optional<BatchMixer>(mixing) : std::nullopt;
  }
  Shape shown_shape() const {
    const Shape shape = source_->image_shape();
    return {shape.channels == 3 ? 3 : 1, shape.height, shape.width};
  }

  /// Takes a batch as training does, and shows its first images.
  void add_batch(std::int64_t step, std::int64_t images, std::int64_t most) {
    const Shape shape = source_->image_shape();
    const auto size = static_cast<std::size_t>(shape.count());
    std::vector<float> pixels(static_cast<std::size_t>(images) * size);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(images));
    source_->next(pixels, labels);
    const Targets targets = mixer_ ? mixer_->mix(pixels, shape, labels, 0, step) : Targets{labels};
    if (!scaling_) scaling_ = scaling_of(*split_.dataset, loader_options(experiment_, Purpose::training), pixels);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::min(images, most)); ++i) {
      labels_.push_back(names_.of(targets, i));
      sheet_.add(to_bytes(std::span(pixels).subspan(i * size, size), shape, *scaling_), labels_.back());
    }
  }

  const Experiment& experiment_;
  LoadedSplit split_;
  std::unique_ptr<BatchSource> source_;
  Names names_;
  std::optional<BatchMixer> mixer_;
  ContactSheet sheet_;
  std::optional<ChannelStatistics> scaling_;
  std::vector<std::vector<std::string>> labels_;
};

}  // namespace

int run_preview(const Experiment& experiment, const std::string& path, bool json) {
  check_path(path);
  Preview preview(experiment);
  preview.fill();
  const ContactSheet& sheet = preview.sheet();
  const std::string content = encode_png(sheet.draw());
  write_file_atomically(path, std::array{std::string_view(content)});
  if (const std::string skipped = skipped_text({&preview.source()}); !skipped.empty()) print_warnings({skipped});
  if (json)
    print_json({{"preview", path}, {"labels", preview.labels()}, {"columns", sheet.columns()}, {"factor", sheet.factor()}});
  else
    print(fmt::format("{}: the first {} of {} training images of {}{}\n", path, preview.labels().size(),
                      with_separators(preview.source().size()), to_string(preview.source().image_shape()),
                      sheet.factor() > 1 ? fmt::format(", {} times as large", sheet.factor()) : ""));
  return exit_done;
}

}  // namespace cnnctl
