#include "engine/config/builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/config/range.h"

namespace cnnctl {
namespace {

constexpr std::size_t deepest = 100;          // levels of lists and maps
constexpr std::size_t most_values = 1000000;  // after alias expansion
constexpr std::size_t bytes_per_value = 64;   // what of a text counts as one more value
constexpr std::size_t longest_key = 1024;     // bytes, as YAML limits a key that has no '?' before it

constexpr const char* string_tag = "tag:yaml.org,2002:str";
constexpr const char* list_tag = "tag:yaml.org,2002:seq";
constexpr const char* map_tag = "tag:yaml.org,2002:map";

}  // namespace

ValueBuilder::ValueBuilder(std::shared_ptr<const Source> source, std::size_t offset, Diagnostics& diagnostics)
    : source_(std::move(source)), offset_(offset), diagnostics_(diagnostics) {
  root_.place = place(offset, offset);
}

std::size_t ValueBuilder::offset_of(const YAML::Mark& mark) const {
  return std::min(source_->text.size(), offset_ + static_cast<std::size_t>(std::max(0, mark.pos)));
}

void ValueBuilder::stop(const Place& where, const std::string& message, const std::string& hint) {
  diagnostics_.error(where, message, hint);
  throw StopReading{};
}

void ValueBuilder::charge(std::size_t weight, const Place& where) {
  weight_ += weight;
  if (weight_ > most_values)
    stop(where, fmt::format("more than {} values, those that aliases stand for included", most_values),
         "split the file, or use fewer aliases");
}

void ValueBuilder::check_tag(std::size_t offset, const std::string& tag, const std::string& allowed) {
  if (tag.empty() || tag == "?" || tag == "!" || tag == allowed) return;
  // The tag may stand behind an anchor.
  const std::string_view text = source_->text;
  std::size_t begin = offset;
  while (begin < text.size() && text[begin] == '&') begin = skip_blank(text, alias_end(text, begin));
  const std::size_t end = std::min(text.size(), text.find_first_of(" \t\r\n", begin));
  diagnostics_.error(place(begin, end), fmt::format("tag '{}' is not supported", text.substr(begin, end - begin)),
                     "leave it out; quotes make a text of a number");
}

void ValueBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (started_) {
    const std::size_t begin = offset_of(mark);
    stop(place(begin, begin), "a second YAML document", "a config is one document: remove the '---' between the two");
  }
  started_ = true;
}

Place ValueBuilder::null_place(std::size_t offset) const {
  const std::string_view text = source_->text;
  const std::size_t word = skip_properties(text, offset);
  if (const std::size_t length = null_word_length(text, word)) return place(word, word + length);
  if (!frames_.empty() && frames_.back().has_key) {
    // The mark of a value that was left empty is that of whatever follows; the user expects it behind the colon.
    const std::size_t key_end = frames_.back().key_place.end;
    const std::size_t colon = text.find_first_not_of(" \t", key_end);
    const std::size_t begin = colon != std::string_view::npos && text[colon] == ':' ? colon + 1 : key_end;
    return place(begin, begin);
  }
  const std::size_t before = offset == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", offset - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return place(std::max(begin, offset_), std::max(begin, offset_));
}

void ValueBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  Node node;
  node.value.place = null_place(offset_of(mark));
  charge(node.weight, node.value.place);
  add(std::move(node), anchor);
}

void ValueBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) {
  const std::size_t offset = offset_of(mark);
  check_tag(offset, tag, string_tag);
  const std::size_t begin = skip_properties(source_->text, offset);
  const std::size_t end = scalar_end(source_->text, begin, text);
  if (end == std::string_view::npos) stop(place(begin, begin + 1), "a text in quotes that is never closed", "close the quotes");

  Node node;
  node.value.place = place(begin, end);
  node.value.quoted = tag == "!" || tag == string_tag;
  if (node.value.quoted || !is_null_word(text)) {
    node.value.kind = Value::Kind::scalar;
    node.value.text = text;
  }
  node.weight += text.size() / bytes_per_value;
  charge(node.weight, node.value.place);
  add(std::move(node), anchor);
}

void ValueBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const std::size_t begin = offset_of(mark);
  const Place alias = place(begin, alias_end(source_->text, begin));
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) stop(alias, "an alias inside the value that it stands for", "write the value out, or move the anchor");
  if (frames_.size() + found->second.depth > deepest) stop(alias, fmt::format("nested deeper than {} levels", deepest));
  charge(found->second.weight, alias);
  Node node = found->second;
  node.value.place = alias;
  add(std::move(node), 0);
}

void ValueBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  check_tag(offset_of(mark), tag, list_tag);
  open(Value::Kind::list, offset_of(mark), anchor);
}

void ValueBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  check_tag(offset_of(mark), tag, map_tag);
  open(Value::Kind::map, offset_of(mark), anchor);
}

void ValueBuilder::open(Value::Kind kind, std::size_t offset, YAML::anchor_t anchor) {
  const std::size_t begin = skip_properties(source_->text, offset);
  Frame frame;
  frame.node.value.kind = kind;
  frame.node.value.place = place(begin, begin);
  frame.anchor = anchor;
  frame.last_child_end = begin;
  // The parser recurses once a level: this keeps its stack, and that of all who walk the value, small.
  if (frames_.size() == deepest) stop(place(begin, begin + 1), fmt::format("nested deeper than {} levels", deepest));
  charge(frame.node.weight, frame.node.value.place);
  frames_.push_back(std::move(frame));
}

void ValueBuilder::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  Place& where = frame.node.value.place;
  where.end = collection_end(source_->text, where.begin, frame.last_child_end);
  ++frame.node.depth;
  add(std::move(frame.node), frame.anchor);
}

void ValueBuilder::add(Node node, YAML::anchor_t anchor) {
  if (anchor != 0) {
    charge(node.weight, node.value.place);  // the copy that is kept for aliases
    anchors_[anchor] = node;
  }
  if (frames_.empty()) {
    root_ = std::move(node.value);
    return;
  }
  Frame& frame = frames_.back();
  frame.last_child_end = std::max(frame.last_child_end, node.value.place.end);
  frame.node.weight += node.weight;
  frame.node.depth = std::max(frame.node.depth, node.depth);
  if (frame.node.value.is_list()) {
    frame.node.value.items.push_back(std::move(node.value));
  } else if (expects_key(frame)) {
    add_key(frame, node.value);
  } else {
    if (!frame.drop) frame.node.value.entries.push_back({std::move(frame.key), frame.key_place, std::move(node.value)});
    frame.has_key = false;
  }
}

void ValueBuilder::add_key(Frame& map, const Value& key) {
  map.has_key = true;
  map.drop = true;
  map.key = key.text;
  map.key_place = key.place;
  if (!key.is_scalar()) {
    diagnostics_.error(key.place, fmt::format("a key must be a text, not {}", describe(key)),
                       key.is_map() ? "a text that begins with '{' needs quotes" : "");
  } else if (key.text.size() > longest_key) {
    diagnostics_.error(key.place, fmt::format("a key of more than {} bytes", longest_key));
  } else if (key.text == "<<" && !key.quoted) {
    diagnostics_.error(key.place, "merge keys (<<) are not supported", "write the keys out, or use an alias for the whole value");
  } else if (const auto [first, is_new] = map.keys.try_emplace(key.text, key.place); is_new) {
    map.drop = false;
  } else {
    Diagnostic diagnostic{Severity::error, key.place, fmt::format("key '{}' is written twice", key.text), "remove one of the two", {}};
    diagnostic.notes.push_back({first->second, "first written here"});
    diagnostics_.add(std::move(diagnostic));
  }
}

Place ValueBuilder::open_bracket() const {
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    const std::size_t begin = frame->node.value.place.begin;
    const char c = begin < source_->text.size() ? source_->text[begin] : '\0';
    if (c == '[' || c == '{') return place(begin, begin + 1);
  }
  return {};
}

Value ValueBuilder::take_root() {
  while (!frames_.empty()) {
    // A list or map that stands where a key should is the parser's guess at what the rest of the text would have been.
    const bool is_key = frames_.size() > 1 && expects_key(frames_[frames_.size() - 2]);
    frames_.back().anchor = 0;
    if (is_key)
      frames_.pop_back();
    else
      close();
  }
  return std::move(root_);
}

}  // namespace cnnctl
