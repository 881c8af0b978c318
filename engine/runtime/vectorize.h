#pragma once

/// Put before a function of plain loops: it is compiled for wider vectors as well, and the loader picks what the machine has. Inlined
/// lambdas and OpenMP regions are not covered: call such a function from within them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CNNCTL_VECTORIZE __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CNNCTL_VECTORIZE
#endif
