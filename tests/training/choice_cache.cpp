#include "engine/training/choice_cache.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

const Choices some = {{"forward 1x2", "direct"}, {"backward \"ü\"\n", "winograd by channels"}};

/// Sets a variable of the environment until the end of the scope; without a value it is absent.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* value) const { value ? setenv(name_, value, 1) : unsetenv(name_); }

  const char* name_;
  std::optional<std::string> old_;
};

TEST_CASE("choices come back from their text, with what they depend on") {
  const auto recorded = parse_choices(choices_text(some));
  REQUIRE(recorded);
  CHECK(recorded->choices == some);
  CHECK(recorded->origin == choices_origin());
}

TEST_CASE("a text that is something else holds no choices") {
  for (const std::string text :
       {"", "{", "[]", "3", R"({"origin": "x"})", R"({"origin": 3, "choices": {}})", R"({"origin": "x", "choices": []})",
        R"({"origin": "x", "choices": {"forward": 1}})", R"({"origin": "x", "choices": {"forward": "direct"}} and more)"})
    CHECK_FALSE(parse_choices(text));
  CHECK_FALSE(parse_choices(std::string(100'000, '[')));
}

TEST_CASE("a cache keeps what is added to it, the newer word for the same key") {
  const TemporaryFolder folder;
  const std::string path = folder.file("cnnctl/choices.json");
  CHECK(read_choice_cache(path).empty());
  add_to_choice_cache(path, {});
  CHECK_FALSE(std::filesystem::exists(path));
  add_to_choice_cache(path, some);
  add_to_choice_cache(path, {{"forward 1x2", "winograd"}});
  Choices expected = some;
  expected["forward 1x2"] = "winograd";
  CHECK(read_choice_cache(path) == expected);
}

TEST_CASE("a cache that is damaged, foreign or too large is ignored, and replaced by what is added") {
  const TemporaryFolder folder;
  const std::string path = folder.file("choices.json");
  std::string foreign = choices_text(some);
  foreign.replace(foreign.find("oneDNN"), 6, "twoDNN");
  const std::string whole = choices_text(some);
  for (const std::string& text :
       {std::string("nonsense"), whole.substr(0, whole.size() / 2), foreign, whole + std::string(2'000'000, ' ')}) {
    write_text(path, text);
    CHECK(read_choice_cache(path).empty());
    add_to_choice_cache(path, some);
    CHECK(read_choice_cache(path) == some);
  }
}

TEST_CASE("a cache grows no larger than what is read again") {
  const TemporaryFolder folder;
  const std::string path = folder.file("choices.json");
  for (int i = 0; i < 3; ++i) add_to_choice_cache(path, {{std::string(400'000, static_cast<char>('a' + i)), "direct"}});
  CHECK(read_choice_cache(path).size() == 1);
}

TEST_CASE("a cache that cannot be written is gone without") {
  const TemporaryFolder folder;
  write_text(folder.file("file"), "x");
  CHECK_NOTHROW(add_to_choice_cache(folder.file("file/choices.json"), some));
  CHECK(read_choice_cache(folder.file("file/choices.json")).empty());
  CHECK(read_choice_cache(folder.path().string()).empty());
  CHECK_NOTHROW(add_to_choice_cache("", some));
  CHECK(read_choice_cache("").empty());
}

TEST_CASE("the cache stands in the user's cache folder, where there is one") {
  {
    const Environment cache("XDG_CACHE_HOME", "/there"), home("HOME", "/home/me");
    CHECK(choice_cache_path().starts_with("/there/cnnctl/choices-"));
  }
  for (const char* not_usable : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Environment cache("XDG_CACHE_HOME", not_usable);
    const Environment home("HOME", "/home/me");
    CHECK(choice_cache_path().starts_with("/home/me/.cache/cnnctl/choices-"));
    const Environment homeless("HOME", not_usable);
    CHECK(choice_cache_path().empty());
  }
}

}  // namespace
}  // namespace cnnctl
