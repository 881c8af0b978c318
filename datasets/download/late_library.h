#pragma once

namespace cnnctl {

/// A shared library that is loaded when it is first needed, and stays. Linked in the usual way, libcurl and libarchive would bring 35
/// libraries and 6 MB into every run, of which next to none fetches anything.
class LateLibrary {
 public:
  /// `file` is the library's name with the version of its interface; `package`, Debian's package that has it, is for the message. Throws
  /// std::runtime_error where there is none.
  LateLibrary(const char* file, const char* package);

  /// Sets `function` to the library's function of that name. Throws std::runtime_error where it has none.
  template <class Function>
  void find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(address_of(name));
  }

 private:
  void* address_of(const char* name) const;

  const char* file_;
  void* handle_;
};

}  // namespace cnnctl
