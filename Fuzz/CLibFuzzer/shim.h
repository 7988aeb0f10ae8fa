#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library; the linker finds it through -sanitize=fuzzer.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *bytes, size_t count));
