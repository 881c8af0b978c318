#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Thrown where reading must end, the mistake being reported already.
struct StopReading {};

/// Makes a located value of yaml-cpp's events.
class ValueBuilder : public YAML::EventHandler {
 public:
  /// Marks count from the byte `offset` of the source.
  ValueBuilder(std::shared_ptr<const Source> source, std::size_t offset, Diagnostics& diagnostics);

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

  /// The byte of the source that `mark` stands at.
  std::size_t offset_of(const YAML::Mark& mark) const;
  /// The bracket of the innermost list or map in flow style that is still open, or a place nowhere.
  Place open_bracket() const;
  /// What was read; lists and maps that are still open end where reading ended.
  Value take_root();

 private:
  /// A value, and what expanding an alias to it costs.
  struct Node {
    Value value;
    std::size_t weight = 1;  // values in it; a long text counts for several
    std::size_t depth = 0;   // levels of lists and maps
  };
  /// A list or map whose end is still to come.
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t last_child_end = 0;
    bool has_key = false;  // of a map: the next value is that of `key`
    bool drop = false;     // of a map: the next value's key was a mistake
    std::string key;
    Place key_place;
    std::unordered_map<std::string, Place> keys;
  };

  static bool expects_key(const Frame& frame) { return frame.node.value.is_map() && !frame.has_key; }
  Place place(std::size_t begin, std::size_t end) const { return {source_, begin, end}; }
  Place null_place(std::size_t offset) const;
  [[noreturn]] void stop(const Place& where, const std::string& message, const std::string& hint = "");
  /// Reports a tag that is none of YAML's own for this kind of value.
  void check_tag(std::size_t offset, const std::string& tag, const std::string& allowed);
  void open(Value::Kind kind, std::size_t offset, YAML::anchor_t anchor);
  void close();
  /// Puts a finished node into the innermost open list or map.
  void add(Node node, YAML::anchor_t anchor);
  void add_key(Frame& map, const Value& key);
  void charge(std::size_t weight, const Place& where);

  std::shared_ptr<const Source> source_;
  std::size_t offset_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
  std::size_t weight_ = 0;
  bool started_ = false;
  Value root_;
};

}  // namespace cnnctl
