#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// SHA-256 (FIPS 180-4) by the processor's own instructions, without any memory of its
/// own: trees hash 65 bytes at a time, and an allocation costs as much as the hash.
typedef struct {
    uint32_t state[8];
    uint8_t rest[64];
    uint64_t count;
} koinon_sha256;

/// Whether this processor has the instructions; nothing below may be called otherwise.
bool koinon_sha256_is_available(void);

void koinon_sha256_begin(koinon_sha256 *hash);
void koinon_sha256_update(koinon_sha256 *hash, const void *bytes, size_t count);
/// Leaves `hash` as it was, so that more can follow.
void koinon_sha256_finish(const koinon_sha256 *hash, uint8_t digest[32]);

/// The hashes of  prefix ‖ left ‖ right  for `count` pairs of hashes, two at a time, which
/// keeps the processor's unit busy: one alone waits for itself.
///
/// A hash is four numbers, each of eight of its bytes, the most significant first. `pairs`
/// holds eight for each pair, `hashes` gets four.
void koinon_sha256_nodes(uint8_t prefix, const uint64_t *pairs, size_t count, uint64_t *hashes);

#endif
