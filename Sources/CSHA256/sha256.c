#include "CSHA256.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool koinon_sha256_is_available(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return false;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    return (b & (1u << 29)) != 0;
}

/// The instructions want the eight words as (a, b, e, f) and (c, d, g, h).
__attribute__((target("sha,sse4.1,ssse3"))) static void compress(
    uint32_t state[8], const uint8_t *bytes, size_t blocks) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i dcba = _mm_loadu_si128((const __m128i *)&state[0]);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)&state[4]);
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; blocks > 0; blocks--, bytes += 64) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        // Four words of the schedule in each; words[i % 4] holds words 4i to 4i + 3.
        __m128i words[4];
        for (int i = 0; i < 4; i++)
            words[i] =
                _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * i)), order);
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            __m128i sum =
                _mm_add_epi32(words[i & 3], _mm_load_si128((const __m128i *)&constants[4 * i]));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) {
                __m128i next = _mm_sha256msg1_epu32(words[i & 3], words[(i + 1) & 3]);
                next = _mm_add_epi32(
                    next, _mm_alignr_epi8(words[(i + 3) & 3], words[(i + 2) & 3], 4));
                words[i & 3] = _mm_sha256msg2_epu32(next, words[(i + 3) & 3]);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)&state[0], _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

/// Four words of the schedule from two numbers of eight bytes each.
static inline __attribute__((target("sha,sse4.1,ssse3"))) __m128i words_of(
    uint64_t first, uint64_t second) {
    __m128i both = _mm_set_epi64x((long long)second, (long long)first);
    // The upper half of each number is its first word.
    return _mm_shuffle_epi32(both, 0xb1);
}

/// One block of each of `LANES` messages, whose states stay in the processor's order.
#define LANES 2
static inline __attribute__((target("sha,sse4.1,ssse3"), always_inline)) void compress_lanes(
    __m128i abef[LANES], __m128i cdgh[LANES], __m128i words[LANES][4]) {
    __m128i abef_before[LANES], cdgh_before[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        abef_before[lane] = abef[lane];
        cdgh_before[lane] = cdgh[lane];
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
        const __m128i constant = _mm_load_si128((const __m128i *)&constants[4 * i]);
#pragma clang loop unroll(full)
        for (int lane = 0; lane < LANES; lane++) {
            __m128i sum = _mm_add_epi32(words[lane][i & 3], constant);
            cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
            abef[lane] =
                _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) {
                __m128i next =
                    _mm_sha256msg1_epu32(words[lane][i & 3], words[lane][(i + 1) & 3]);
                next = _mm_add_epi32(
                    next,
                    _mm_alignr_epi8(words[lane][(i + 3) & 3], words[lane][(i + 2) & 3], 4));
                words[lane][i & 3] = _mm_sha256msg2_epu32(next, words[lane][(i + 3) & 3]);
            }
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        abef[lane] = _mm_add_epi32(abef[lane], abef_before[lane]);
        cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_before[lane]);
    }
}

/// 65 bytes are two blocks: all but the last byte, then that one and the padding.
static __attribute__((target("sha,sse4.1,ssse3"))) void hash_nodes(
    uint8_t prefix, const uint64_t *pairs[LANES], uint64_t *hashes[LANES]) {
    const __m128i abef_first =
        _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
    const __m128i cdgh_first =
        _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    __m128i abef[LANES], cdgh[LANES], words[LANES][4];
    for (int lane = 0; lane < LANES; lane++) {
        const uint64_t *n = pairs[lane];
        abef[lane] = abef_first;
        cdgh[lane] = cdgh_first;
        words[lane][0] =
            words_of((uint64_t)prefix << 56 | n[0] >> 8, n[0] << 56 | n[1] >> 8);
        words[lane][1] = words_of(n[1] << 56 | n[2] >> 8, n[2] << 56 | n[3] >> 8);
        words[lane][2] = words_of(n[3] << 56 | n[4] >> 8, n[4] << 56 | n[5] >> 8);
        words[lane][3] = words_of(n[5] << 56 | n[6] >> 8, n[6] << 56 | n[7] >> 8);
    }
    compress_lanes(abef, cdgh, words);
    for (int lane = 0; lane < LANES; lane++) {
        words[lane][0] = words_of(pairs[lane][7] << 56 | (uint64_t)0x80 << 48, 0);
        words[lane][1] = words_of(0, 0);
        words[lane][2] = words_of(0, 0);
        words[lane][3] = words_of(0, 65 * 8);
    }
    compress_lanes(abef, cdgh, words);
    for (int lane = 0; lane < LANES; lane++) {
        uint64_t *h = hashes[lane];
        h[0] = (uint64_t)_mm_extract_epi64(abef[lane], 1);
        h[1] = (uint64_t)_mm_extract_epi64(cdgh[lane], 1);
        h[2] = (uint64_t)_mm_extract_epi64(abef[lane], 0);
        h[3] = (uint64_t)_mm_extract_epi64(cdgh[lane], 0);
    }
}

void koinon_sha256_nodes(uint8_t prefix, const uint64_t *pairs, size_t count, uint64_t *hashes) {
    uint64_t unused[4];
    for (size_t i = 0; i < count; i += LANES) {
        // The last one alone goes along with itself.
        size_t other = i + 1 < count ? i + 1 : i;
        const uint64_t *from[LANES] = {pairs + 8 * i, pairs + 8 * other};
        uint64_t *to[LANES] = {hashes + 4 * i, other > i ? hashes + 4 * other : unused};
        hash_nodes(prefix, from, to);
    }
}

#else

bool koinon_sha256_is_available(void) { return false; }

void koinon_sha256_nodes(uint8_t prefix, const uint64_t *pairs, size_t count, uint64_t *hashes) {
    (void)prefix;
    (void)pairs;
    (void)count;
    (void)hashes;
    __builtin_trap();
}

static void compress(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
    (void)state;
    (void)bytes;
    (void)blocks;
    __builtin_trap();
}

#endif

void koinon_sha256_begin(koinon_sha256 *hash) {
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, first, sizeof first);
    hash->count = 0;
}

void koinon_sha256_update(koinon_sha256 *hash, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    size_t filled = hash->count % 64;
    hash->count += count;
    if (filled > 0) {
        size_t taken = count < 64 - filled ? count : 64 - filled;
        memcpy(hash->rest + filled, next, taken);
        next += taken;
        count -= taken;
        if (filled + taken < 64) return;
        compress(hash->state, hash->rest, 1);
    }
    compress(hash->state, next, count / 64);
    next += count / 64 * 64;
    if (count % 64 > 0) memcpy(hash->rest, next, count % 64);
}

void koinon_sha256_finish(const koinon_sha256 *hash, uint8_t digest[32]) {
    uint32_t state[8];
    uint8_t last[128];
    size_t filled = hash->count % 64;
    size_t blocks = filled < 56 ? 1 : 2;
    memcpy(state, hash->state, sizeof state);
    memcpy(last, hash->rest, filled);
    memset(last + filled, 0, 64 * blocks - filled);
    last[filled] = 0x80;
    uint64_t bits = hash->count * 8;
    for (int i = 0; i < 8; i++) last[64 * blocks - 1 - i] = (uint8_t)(bits >> (8 * i));
    compress(state, last, blocks);
    for (int i = 0; i < 8; i++) {
        digest[4 * i] = (uint8_t)(state[i] >> 24);
        digest[4 * i + 1] = (uint8_t)(state[i] >> 16);
        digest[4 * i + 2] = (uint8_t)(state[i] >> 8);
        digest[4 * i + 3] = (uint8_t)state[i];
    }
}
