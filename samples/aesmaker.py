"""AES (FIPS 197), encryption only, with keys of 16, 24 and 32 bytes."""
import struct


def _tables():
    box, power = [0] * 256, [1]
    for _ in range(254):  # of 3, which gives every byte but zero
        last = power[-1]
        power.append(last ^ (last << 1 ^ (0x11b if last & 0x80 else 0)) & 0xff)
    for exponent, byte in enumerate(power):
        inverse = power[-exponent % 255]
        bits = 0
        for turn in range(5):
            bits ^= inverse << turn
        box[byte] = (bits ^ bits >> 8) & 0xff ^ 0x63
    box[0] = 0x63
    rows = []
    for byte in box:
        twice = byte << 1 ^ (0x11b if byte & 0x80 else 0)
        rows.append(twice << 24 | byte << 16 | byte << 8 | twice ^ byte)
    columns = [rows]
    for _ in range(3):
        columns.append([row >> 8 | (row & 0xff) << 24 for row in columns[-1]])
    return box, columns


BOX, (T0, T1, T2, T3) = _tables()


def schedule(key):
    words = list(struct.unpack(f">{len(key) // 4}I", key))
    size, constant = len(words), 1
    while len(words) < 4 * (size + 7):
        word = words[-1]
        if len(words) % size == 0:
            word = (word << 8 | word >> 24) & 0xffffffff
        if len(words) % size == 0 or size > 6 and len(words) % size == 4:
            word = int.from_bytes(bytes(BOX[byte] for byte in word.to_bytes(4, "big")), "big")
        if len(words) % size == 0:
            word ^= constant << 24
            constant = constant << 1 ^ (0x11b if constant & 0x80 else 0)
        words.append(words[-size] ^ word)
    return words


def block(words, a, b, c, d):
    a, b, c, d = a ^ words[0], b ^ words[1], c ^ words[2], d ^ words[3]
    for i in range(4, len(words) - 4, 4):
        a, b, c, d = (
            T0[a >> 24] ^ T1[b >> 16 & 255] ^ T2[c >> 8 & 255] ^ T3[d & 255] ^ words[i],
            T0[b >> 24] ^ T1[c >> 16 & 255] ^ T2[d >> 8 & 255] ^ T3[a & 255] ^ words[i + 1],
            T0[c >> 24] ^ T1[d >> 16 & 255] ^ T2[a >> 8 & 255] ^ T3[b & 255] ^ words[i + 2],
            T0[d >> 24] ^ T1[a >> 16 & 255] ^ T2[b >> 8 & 255] ^ T3[c & 255] ^ words[i + 3])
    rows = ((a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c))
    return [(BOX[p >> 24] << 24 | BOX[q >> 16 & 255] << 16 | BOX[r >> 8 & 255] << 8
             | BOX[s & 255]) ^ word for (p, q, r, s), word in zip(rows, words[-4:])]


def cbc(key, start, data):
    """`data` in whole blocks, chained from `start`."""
    words = schedule(key)
    a, b, c, d = struct.unpack(">4I", start)
    out = []
    values = struct.unpack(f">{len(data) // 4}I", data)
    for i in range(0, len(values), 4):
        a, b, c, d = block(words, a ^ values[i], b ^ values[i + 1], c ^ values[i + 2],
                           d ^ values[i + 3])
        out += (a, b, c, d)
    return struct.pack(f">{len(out)}I", *out)


def padded(data):
    size = 16 - len(data) % 16
    return data + bytes([size]) * size


def ecb(key, data):
    """`data` in whole blocks, each by itself."""
    words = schedule(key)
    values = struct.unpack(f">{len(data) // 4}I", data)
    out = []
    for i in range(0, len(values), 4):
        out += block(words, *values[i:i + 4])
    return struct.pack(f">{len(out)}I", *out)
