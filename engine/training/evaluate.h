#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "engine/runtime/model.h"
#include "engine/training/batch_source.h"
#include "engine/training/losses/loss.h"

namespace cnnctl {

/// What an evaluation counted.
struct Evaluation {
  std::int64_t images = 0;
  std::int64_t correct = 0;
  std::int64_t correct_in_top5 = 0;
  double loss = 0;                                                          // mean over the images, by the weights of their classes
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> confusion;  // images by actual and predicted class, where there are any

  double accuracy() const { return images ? static_cast<double>(correct) / static_cast<double>(images) : 0; }
  double top5_accuracy() const { return images ? static_cast<double>(correct_in_top5) / static_cast<double>(images) : 0; }
};

/// Compiles what evaluate() runs for so many images.
void prepare_evaluation(Model& model, std::int64_t images, std::int64_t batch_size);

/// Runs the network over all of `source` from its start, `batch_size` images at a time (the last batch may be smaller). Of equal logits the
/// first class counts. Images without a label are left out.
Evaluation evaluate(Model& model, BatchSource& source, const Loss& loss, std::int64_t batch_size);

/// The end of train's and eval's output: "Test Accuracy of the model on the 10000 test images: 98.97 %". `part`: of the dataset, "test".
std::string accuracy_line(const Evaluation& evaluation, const std::string& part);

}  // namespace cnnctl
