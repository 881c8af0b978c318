# Writes OUTPUT, a C++ source that defines shipped_configs() (shipped.h) from the files in the list CONFIGS, which lie in or below FOLDER.
# Bytes rather than string literals: a literal has a largest length, and no text can be mistaken for its end.
set(arrays "")
set(entries "")
foreach(config IN LISTS CONFIGS)
  cmake_path(RELATIVE_PATH config BASE_DIRECTORY ${FOLDER} OUTPUT_VARIABLE name)
  cmake_path(REMOVE_EXTENSION name)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(READ ${config} bytes HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char text_${identifier}[] = {${bytes}};\n")
  string(APPEND entries "      {\"${name}\", {text_${identifier}, sizeof(text_${identifier})}},\n")
endforeach()

file(WRITE ${OUTPUT} "#include \"engine/experiment/shipped.h\"

namespace cnnctl {
namespace {

${arrays}
}  // namespace

const std::map<std::string, std::string, std::less<>>& shipped_configs() {
  static const std::map<std::string, std::string, std::less<>> configs = {
${entries}  };
  return configs;
}

}  // namespace cnnctl
")
