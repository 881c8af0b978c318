#include "datasets/loader/file_loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "datasets/loader/chosen_images.h"
#include "datasets/loader/file_reader.h"
#include "datasets/loader/order.h"
#include "engine/training/bound_threads.h"

namespace cnnctl {
namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20U;  // of images kept ready

/// Images that workers prepare in an order and a reader takes in the same order: a ring of slots. The order is that of tickets, one an
/// image, which begin at 0 with every start().
class ImageQueue {
 public:
  ImageQueue(FileReader& reader, EpochOrder order, std::size_t slots, std::int64_t workers, bool endless)
      : reader_(reader), order_(std::move(order)), endless_(endless), slots_(slots) {
    workers_.reserve(static_cast<std::size_t>(workers));
    for (std::int64_t i = 0; i < workers; ++i)
      if (!start_worker()) break;
  }
  ~ImageQueue() {
    {
      const std::lock_guard guard(mutex_);
      closed_ = true;
    }
    work_to_do_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  ImageQueue(const ImageQueue&) = delete;
  ImageQueue& operator=(const ImageQueue&) = delete;

  std::size_t slots() const { return slots_.size(); }

  /// Drops what is prepared and begins anew at a position.
  void start(std::int64_t epoch, std::int64_t position) {
    std::unique_lock lock(mutex_);
    open_ = false;
    image_done_.wait(lock, [this] { return busy_ == 0; });
    for (Slot& slot : slots_) slot = {};
    issued_ = taken_ = 0;
    order_.seek(epoch, position);
    open_ = true;
    work_to_do_.notify_all();
  }

  /// Waits for the next `count` images, at most slots(). The first that failed throws its exception.
  void wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) {
      const Slot& slot = slot_of(taken_ + i);
      image_done_.wait(lock, [&] { return slot.ready; });
      if (slot.failure) std::rethrow_exception(slot.failure);
    }
  }

  /// The i-th of the images that wait() waited for; they are the caller's until release().
  PreparedImage& image(std::size_t i) { return slot_of(taken_ + i).image; }

  /// Gives the first `count` images' slots back to the workers.
  void release(std::size_t count) {
    const std::lock_guard guard(mutex_);
    for (std::size_t i = 0; i < count; ++i) slot_of(taken_ + i).ready = false;
    taken_ += count;
    work_to_do_.notify_all();
  }

 private:
  struct Slot {
    bool ready = false;
    PreparedImage image;
    std::exception_ptr failure;
  };
  struct Task {
    std::int64_t epoch;
    std::int32_t index;
  };

  /// False where the system has no further thread; then those that there are do the work. Throws std::system_error where there is none.
  bool start_worker() {
    try {
      workers_.emplace_back([this] { work(); });
      return true;
    } catch (const std::system_error&) {
      if (workers_.empty()) throw;
      return false;
    }
  }

  Slot& slot_of(std::size_t ticket) { return slots_[ticket % slots_.size()]; }

  /// Whether an image can be begun: there is a slot for it, and the order goes on.
  bool has_work() const { return open_ && issued_ - taken_ < slots_.size() && (endless_ || order_.position() < order_.size()); }

  /// What the next ticket asks for.
  Task next_task() {
    if (order_.position() == order_.size()) order_.seek(order_.epoch() + 1, 0);
    const std::int64_t epoch = order_.epoch();
    return {epoch, order_.take(1).front()};
  }

  void work() {
    run_anywhere();
    std::unique_lock lock(mutex_);
    while (true) {
      work_to_do_.wait(lock, [this] { return closed_ || has_work(); });
      if (closed_) return;
      const std::size_t ticket = issued_++;
      ++busy_;
      Slot filled{true, {}, nullptr};
      try {
        const Task task = next_task();  // may want for memory, for the order of another epoch
        lock.unlock();
        filled.image = reader_.read(task.index, task.epoch);
      } catch (...) {
        filled.failure = std::current_exception();
      }
      if (!lock.owns_lock()) lock.lock();
      slot_of(ticket) = std::move(filled);
      --busy_;
      image_done_.notify_all();
    }
  }

  FileReader& reader_;
  EpochOrder order_;  // of what is begun
  bool endless_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::condition_variable image_done_;
  bool open_ = false;
  bool closed_ = false;
  std::size_t issued_ = 0;  // tickets that workers took
  std::size_t taken_ = 0;   // tickets whose images were released
  std::int64_t busy_ = 0;   // images being prepared
  std::vector<std::thread> workers_;
};

std::size_t slots_for(const LoaderOptions& options, const Shape& image, std::int64_t images) {
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(image.count(), 1));
  const auto wanted = static_cast<std::size_t>(2 * std::min(options.batch_size, images));
  return std::max(std::min(wanted, most_bytes / count), static_cast<std::size_t>(options.workers) + 1);
}

class FileLoader : public BatchSource {
 public:
  FileLoader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options)
      : options_(options),
        reader_(std::move(dataset), options),
        order_(chosen_images(reader_.dataset(), options), options.shuffle, options.seed) {}

  std::int64_t size() const override { return order_.size(); }
  Shape image_shape() const override { return reader_.image_shape(); }
  int classes() const override { return static_cast<int>(reader_.dataset().classes.size()); }
  std::vector<std::string> class_names() const override { return reader_.dataset().classes; }
  std::vector<std::string> unreadable() const override { return reader_.unreadable(); }

  void seek(std::int64_t epoch, std::int64_t position) override {
    const bool goes_on = options_.endless && epoch == order_.epoch() + 1 && position == 0 && order_.position() == order_.size();
    const bool stays = epoch == order_.epoch() && position == order_.position();
    order_.seek(epoch, position);
    if (queue_ && !goes_on && !stays) queue_->start(epoch, position);
  }

  void next(std::span<float> images, std::span<std::int32_t> labels) override {
    const auto image_size = static_cast<std::size_t>(image_shape().count());
    if (images.size() != labels.size() * image_size) throw std::logic_error("a batch that does not fit the images");
    if (!queue_) {
      queue_.emplace(reader_, order_, slots_for(options_, image_shape(), size()), options_.workers, options_.endless);
      queue_->start(order_.epoch(), order_.position());
    }
    order_.take(static_cast<std::int64_t>(labels.size()));
    while (!labels.empty()) {
      const std::size_t count = std::min(labels.size(), queue_->slots());
      take(count, images.first(count * image_size), labels.first(count));
      images = images.subspan(count * image_size);
      labels = labels.subspan(count);
    }
  }

 private:
  /// The next images, scaled and normalized on the threads that compute.
  void take(std::size_t count, std::span<float> images, std::span<std::int32_t> labels) {
    queue_->wait(count);
    const std::size_t image_size = images.size() / count;
#pragma omp parallel for schedule(static)
    for (std::size_t i = 0; i < count; ++i) {
      PreparedImage& image = queue_->image(i);
      reader_.pipeline().write(image.bytes, image.random, images.subspan(i * image_size, image_size));
      labels[i] = image.label;
    }
    queue_->release(count);
  }

  LoaderOptions options_;
  FileReader reader_;
  EpochOrder order_;                 // of what is taken
  std::optional<ImageQueue> queue_;  // from the first batch on
};

}  // namespace

std::unique_ptr<BatchSource> make_file_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options) {
  return std::make_unique<FileLoader>(std::move(dataset), options);
}

}  // namespace cnnctl
