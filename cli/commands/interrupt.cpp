#include "cli/commands/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "cli/commands/command.h"

namespace cnnctl {
namespace {

std::atomic<bool> stop = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void handle(int /*signal*/) {
  if (stop.exchange(true)) _exit(exit_interrupted);
}

void set_action(void (*action)(int)) {
  struct sigaction change {};
  change.sa_handler = action;
  change.sa_flags = SA_RESTART;
  // SIGHUP: the terminal or the connection is gone. What the caller ignores (nohup) stays ignored.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction current {};
    if (sigaction(signal, nullptr, &current) == 0 && current.sa_handler != SIG_IGN) sigaction(signal, &change, nullptr);
  }
}

}  // namespace

InterruptGuard::InterruptGuard() { set_action(handle); }
InterruptGuard::~InterruptGuard() { set_action(SIG_DFL); }

std::atomic<bool>& stop_requested() { return stop; }

}  // namespace cnnctl
