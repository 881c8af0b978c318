#pragma once

#include <cstdint>
#include <string>

#include "engine/formats/appended_file.h"
#include "engine/training/trainer.h"

namespace cnnctl {

/// metrics.csv: a header line, then a row an epoch: epoch, step, train_loss, test_loss, test_accuracy (of 1), lr, images_per_second (of
/// training), seconds (of the run so far). Without test data the two test fields are empty; so they are in a run that evaluates a
/// validation split after every epoch, whose rows end in validation_loss and validation_accuracy.
class MetricsFile {
 public:
  /// Starts the file, or, where a run is resumed after `epochs_done` epochs, continues it: rows of later epochs and what is no whole row
  /// are dropped. Throws InputError where it cannot be read or is no regular file, std::runtime_error where it cannot be written, with the
  /// path.
  MetricsFile(const std::string& path, std::int64_t epochs_done, bool validated);

  /// Appends a row and hands it to the system. Throws std::runtime_error with the path; the row is then written before the next one.
  void write(const EpochMetrics& metrics);

  /// Has the rows reach the disk. Throws as write() does.
  void flush() { file_.flush(); }

 private:
  bool validated_;
  AppendedFile file_;
};

}  // namespace cnnctl
