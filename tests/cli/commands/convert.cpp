#include <doctest/doctest.h>

#include <filesystem>

#include "engine/formats/pytorch.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

std::string fixture(const std::string& name) { return CNNCTL_SOURCE_DIR "/tests/formats/pytorch/files/" + name; }

}  // namespace

TEST_CASE("convert keeps names, shapes and types both ways, and says what it leaves out") {
  const TemporaryFolder folder;
  const Result there = run_program(folder.path(), {"convert", fixture("checkpoint.pth"), "x.safetensors"});
  CHECK(there.status == 0);
  CHECK(there.err.empty());
  CHECK(there.out ==
        "taken: the tensors under 'state_dict'\n"
        "left out, since they are no tensors of the state_dict: epoch, best, seed, optimizer\n"
        "x.safetensors: 7 tensors, 72 bytes\n");
  const StoredTensors converted = read_stored_safetensors(folder.file("x.safetensors"));
  CHECK(converted.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(converted.tensors.at("1.num_batches_tracked").type->name == "I64");

  const Result back = run_program(folder.path(), {"convert", "x.safetensors", "x.pth"});
  CHECK(back.status == 0);
  CHECK(back.out == "x.pth: 7 tensors, 72 bytes\n");
  const StoredTensors again = read_pytorch(folder.file("x.pth")).content;
  for (const auto& [name, tensor] : converted.tensors) CHECK(again.tensors.at(name).bytes == tensor.bytes);
}

TEST_CASE("convert says which tensors are no longer shared, and which metadata a .pth has no place for") {
  const TemporaryFolder folder;
  CHECK(contains(run_program(folder.path(), {"convert", fixture("views.pth"), "x.safetensors"}).out,
                 "no longer shared with other tensors, but stored once more: whole, every_third, middle, tied\n"));
  write_safetensors(folder.file("run.safetensors"), {{{"w", {{1}, {1.0F}}}}, {{"config", "name: x"}, {"format", "pt"}}});
  CHECK(run_program(folder.path(), {"convert", "run.safetensors", "run.pt"}).out ==
        "left out, since a state_dict holds tensors alone: the metadata config\nrun.pt: 1 tensor, 4 bytes\n");
}

TEST_CASE("a .pth made of a checkpoint holds the network alone, without the optimizer's state") {
  const TemporaryFolder folder;
  write_safetensors(folder.file("last.safetensors"), {{{"w", {{1}, {1.0F}}}, {"optimizer.exp_avg.w", {{1}, {2.0F}}}}, {}});
  CHECK(run_program(folder.path(), {"convert", "last.safetensors", "x.pth"}).out ==
        "left out, since it serves a resume alone: the optimizer's state, 1 tensor\nx.pth: 1 tensor, 4 bytes\n");
}

TEST_CASE("a network's own group called optimizer is no optimizer's state") {
  const TemporaryFolder folder;
  write_safetensors(folder.file("last.safetensors"),
                    {{{"optimizer.0.weight", {{1}, {1.0F}}}, {"optimizer.exp_avg.optimizer.0.weight", {{1}, {2.0F}}}}, {}});
  CHECK(run_program(folder.path(), {"convert", "last.safetensors", "x.pth"}).out ==
        "left out, since it serves a resume alone: the optimizer's state, 1 tensor\nx.pth: 1 tensor, 4 bytes\n");
}

TEST_CASE("convert's mistakes are errors of status 2 that leave no file behind") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& from, const std::string& to) {
    const Result result = run_program(folder.path(), {"convert", from, to});
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK(contains(error(fixture("state_dict.pth"), "x.bin"), "x.bin: the name has to end in .safetensors, .pth or .pt"));
  CHECK(contains(error(fixture("state_dict.pth"), "none/x.pth"), "OUT none/x.pth: there is no folder none; make it first"));
  CHECK(contains(error(fixture("system.pth"), "x.safetensors"), "uses posix.system, which is no part of tensors and dictionaries"));
  CHECK(contains(error("missing.pth", "x.safetensors"), "missing.pth: cannot be read: No such file"));
  CHECK(std::filesystem::is_empty(folder.path()));
  write_safetensors(folder.file("x.safetensors"), {{{"w", {{1}, {1.0F}}}}, {}});
  CHECK(contains(error("x.safetensors", "./x.safetensors"), "OUT ./x.safetensors: is what is read, and would be replaced"));
}

}  // namespace cnnctl
