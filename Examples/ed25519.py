"""Ed25519 after RFC 8032 in plain Python: the arithmetic of the curve, and signing.

To be read and to try things out: clear, not fast, and it takes longer for some secrets than
for others, so who can time it can learn about the key. A real wallet uses a library.
"""
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
# Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 section 5.1.4).
IDENTITY = (0, 1, 1, 0)


def add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    p, q, r, s = f - e, h - g, h + g, f + e
    return (p * q % P, r * s % P, q * r % P, p * s % P)


def multiply(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def is_identity(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def decode_point(data):
    """None unless the bytes are the canonical encoding of a point of the curve."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


# The base point: y = 4/5, and the even x (RFC 8032 section 5.1).
BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def encode_point(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def expand(seed):
    """The secret scalar, and what makes the signatures' nonces (RFC 8032 section 5.1.5)."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ((1 << 254) - 8) | 1 << 254, digest[32:]


def public_key(seed):
    return encode_point(multiply(expand(seed)[0], BASE))


def number_mod_l(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def sign(seed, message):
    """RFC 8032 section 5.1.6."""
    scalar, prefix = expand(seed)
    key = encode_point(multiply(scalar, BASE))
    nonce = number_mod_l(prefix, message)
    r = encode_point(multiply(nonce, BASE))
    s = (nonce + number_mod_l(r, key, message) * scalar) % L
    return r + s.to_bytes(32, "little")
