#pragma once

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace cnnctl {

/// While one lives, the process may do what anybody may, also where root runs the tests, as in a container: root may read everything.
class WithoutRights {
 public:
  WithoutRights() : user_(::geteuid()) {
    constexpr uid_t nobody = 65534;
    // The real user as well: of a program with two, the system hides what the sanitizers read. The saved one leads back.
    if (user_ == 0 && ::setresuid(nobody, nobody, 0) != 0) throw std::runtime_error("root cannot become nobody");
  }
  ~WithoutRights() {
    if (user_ == 0 && ::setresuid(0, 0, 0) != 0) ::abort();
  }
  WithoutRights(const WithoutRights&) = delete;
  WithoutRights& operator=(const WithoutRights&) = delete;

 private:
  uid_t user_;
};

}  // namespace cnnctl
