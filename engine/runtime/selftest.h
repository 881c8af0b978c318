#pragma once

namespace cnnctl {

/// What the library gets right on this machine. Some virtual machines hide a processor's cache sizes, and oneDNN 3.x then reorders into
/// padded weights wrongly, without an error.
struct SelfTest {
  bool reorders_are_right = true;      // where not, the program packs weights with loops of its own
  bool convolutions_are_right = true;  // where not, nothing can be trusted and Model refuses to be made
};

/// Runs both tests once per process, in well under a millisecond each, and remembers the result.
const SelfTest& self_test();

}  // namespace cnnctl
