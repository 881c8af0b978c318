#pragma once

namespace cnnctl {

/// Lets OpenMP's threads wait for each other by spinning only as long as putting them to sleep would cost, so that a machine with other
/// work slows a step down by what that work takes, and no more. libgomp reads its environment when it is loaded, so the program starts
/// itself anew, with GOMP_SPINCOUNT set and the same arguments; descriptors and ignored signals stay. Returns where that was done before,
/// where the environment says how threads wait or where they run (OMP_WAIT_POLICY, OMP_PROC_BIND ...), and where the system cannot do it.
void shorten_openmp_waits(char** arguments);

}  // namespace cnnctl
