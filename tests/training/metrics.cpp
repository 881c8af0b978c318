#include "engine/training/metrics.h"

#include <filesystem>
#include <stdexcept>

#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

const std::string header = "epoch,step,train_loss,test_loss,test_accuracy,lr,images_per_second,seconds\n";

EpochMetrics metrics_of(std::int64_t epoch) {
  EpochMetrics metrics;
  metrics.epoch = epoch;
  metrics.step = 600 * epoch;
  metrics.train_loss = 0.25;
  metrics.test.images = 200;
  metrics.test.correct = 199;
  metrics.test.loss = 0.125;
  metrics.lr = 0.001;
  metrics.images_per_second = 12345.678;
  metrics.seconds = 1.5 * static_cast<double>(epoch);
  return metrics;
}

TEST_CASE("every epoch is a row that is in the file at once") {
  const TemporaryFolder folder;
  MetricsFile file(folder.file("metrics.csv"), 0, false);
  CHECK(read_text(folder.file("metrics.csv")) == header);
  file.write(metrics_of(1));
  file.write(metrics_of(2));
  CHECK(read_text(folder.file("metrics.csv")) ==
        header + "1,600,0.25,0.125,0.995,0.001,12345.7,1.500\n2,1200,0.25,0.125,0.995,0.001,12345.7,3.000\n");
}

TEST_CASE("a run that evaluates a validation split has its figures in columns of their own, also when it is resumed") {
  const TemporaryFolder folder;
  const std::string start = header.substr(0, header.size() - 1) + ",validation_loss,validation_accuracy\n";
  const std::string row = "1,600,0.25,,,0.001,12345.7,1.500,0.125,0.995\n";
  MetricsFile(folder.file("metrics.csv"), 0, true).write(metrics_of(1));
  CHECK(read_text(folder.file("metrics.csv")) == start + row);
  const MetricsFile resumed(folder.file("metrics.csv"), 1, true);
  CHECK(read_text(folder.file("metrics.csv")) == start + row);
}

TEST_CASE("without test data its fields are empty") {
  const TemporaryFolder folder;
  EpochMetrics metrics = metrics_of(1);
  metrics.test = {};
  MetricsFile(folder.file("metrics.csv"), 0, false).write(metrics);
  CHECK(read_text(folder.file("metrics.csv")) == header + "1,600,0.25,,,0.001,12345.7,1.500\n");
}

TEST_CASE("a resumed run goes on behind the rows of the epochs it had done") {
  const TemporaryFolder folder;
  const std::string path = folder.file("metrics.csv");
  write_text(path, header + "1,a,b,c,d,e,f,g\n2,a,b,c,d,e,f,g\nrubbish\n3,a,b,c,d,e,f,g\n2,cut,off,c,d,e,f,g");
  MetricsFile(path, 2, false).write(metrics_of(3));
  CHECK(read_text(path) == header + "1,a,b,c,d,e,f,g\n2,a,b,c,d,e,f,g\n3,1800,0.25,0.125,0.995,0.001,12345.7,4.500\n");
}

TEST_CASE("a resumed run whose metrics are gone starts them anew") {
  const TemporaryFolder folder;
  MetricsFile file(folder.file("metrics.csv"), 3, false);
  CHECK(read_text(folder.file("metrics.csv")) == header);
}

TEST_CASE("a resumed run reads its metrics from a regular file alone") {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/zero", folder.path() / "metrics.csv");  // without an end
  CHECK(contains(input_error([&] { MetricsFile(folder.file("metrics.csv"), 1, false); }), "metrics.csv: is not a regular file"));
}

TEST_CASE("metrics that cannot be written are an error with the path") {
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/metrics.csv");
  CHECK_THROWS_WITH_AS(MetricsFile(path, 0, false), doctest::Contains(path.c_str()), std::runtime_error);
}

}  // namespace
}  // namespace cnnctl
