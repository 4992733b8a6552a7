/* Five trits a byte, as packed files hold them, from and to two-bit codes; compiled for each level as floats.h is, after it. */

/* Bytes of fives, and of codes, that are converted at once: 320 trits. FULL stands for five zeros. */
enum { FIVES = 64, CODES_OF_FIVES = 80, FULL = 121, MOST = 242 };

/* From digits of base three to codes of base four: floor(v / 3^k) is what each digit has to move up by. The products are those quotients
 * for all 256 values of a byte, and fit 16 bits. Returns the largest byte. */
TERN_INLINE uint8_t LEVEL(codes_of_fives)(const uint8_t fives[FIVES], uint16_t codes[FIVES])
{
    uint8_t most = 0;
    for (size_t i = 0; i < FIVES; i++) most = fives[i] > most ? fives[i] : most;
    for (size_t i = 0; i < FIVES; i++) {
        const uint16_t v = fives[i], threes = (uint16_t)(v * 171), nines = (uint16_t)(v * 57);
        const uint16_t by27 = (uint16_t)(v * 19), by81 = (uint16_t)(v * 203);
        codes[i] = (uint16_t)(v + (threes >> 9) + (nines >> 9 << 2) + (by27 >> 9 << 4) + (by81 >> 14 << 6));
    }
    return most;
}

/* Sixteen numbers of 40 bits, of four groups of five codes each. */
TERN_INLINE void LEVEL(join_codes)(const uint16_t codes[FIVES], uint64_t joined[FIVES / 4])
{
    uint64_t fours[FIVES / 4];
    memcpy(fours, codes, sizeof fours);
    for (size_t i = 0; i < FIVES / 4; i++) {
        const uint64_t twos = (fours[i] & 0x000003ff000003ff) | (fours[i] >> 6 & 0x000ffc00000ffc00);
        joined[i] = (twos & 0xfffff) | (twos >> 12 & 0xfffff00000);
    }
}

/* Writes three bytes more than the codes take. */
TERN_INLINE uint8_t LEVEL(unpack_block)(const uint8_t *fives, uint8_t *out)
{
    uint16_t codes[FIVES];
    uint64_t joined[FIVES / 4];
    const uint8_t most = LEVEL(codes_of_fives)(fives, codes);
    LEVEL(join_codes)(codes, joined);
    for (size_t i = 0; i < FIVES / 4; i++) memcpy(out + 5 * i, joined + i, 8);
    return most;
}

/* A row's fives that are less than a block, or whose codes end too near to those of the row. */
static bool LEVEL(unpack_rest)(const uint8_t *fives, size_t count, size_t width, uint8_t *codes)
{
    uint8_t block[FIVES], unpacked[CODES_OF_FIVES + 3];
    memset(block, FULL, sizeof block);
    memcpy(block, fives, count);
    if (LEVEL(unpack_block)(block, unpacked) > MOST) return false;
    const size_t size = (width + 3) / 4;
    memcpy(codes, unpacked, size);
    /* What is no trit of the row is filled up with code 1, in its own last byte and in the block that was filled up here. */
    uint8_t filling = 0;
    for (size_t i = width; i < 5 * FIVES && i < 5 * count; i++) filling |= (uint8_t)((unpacked[i / 4] >> (2 * (i % 4)) & 3) ^ 1);
    return filling == 0;
}

static bool LEVEL(unpack_row)(const uint8_t *fives, size_t width, uint8_t *codes)
{
    uint8_t most = 0;
    for (; width > 5 * FIVES + 12; width -= 5 * FIVES, fives += FIVES, codes += CODES_OF_FIVES) {
        const uint8_t here = LEVEL(unpack_block)(fives, codes);
        most = here > most ? here : most;
    }
    if (width > 5 * FIVES) {
        if (!LEVEL(unpack_rest)(fives, FIVES, 5 * FIVES, codes)) return false;
        width -= 5 * FIVES, fives += FIVES, codes += CODES_OF_FIVES;
    }
    return LEVEL(unpack_rest)(fives, (width + 4) / 5, width, codes) && most <= MOST;
}

bool LEVEL(tern_unpack_fives)(const uint8_t *fives, size_t rows, size_t width, uint8_t *codes)
{
    bool valid = true;
    for (size_t row = 0; row < rows; row++)
        valid &= LEVEL(unpack_row)(fives + row * tern_fives_bytes(width), width, codes + row * ((width + 3) / 4));
    return valid;
}

/* The other way: a code's digit d in place k stands for d 4^k, and is to stand for d 3^k. */
TERN_INLINE void LEVEL(pack_block)(const uint8_t *codes, uint8_t *fives)
{
    uint64_t joined[FIVES / 4];
    uint16_t split[FIVES];
    for (size_t i = 0; i < FIVES / 4; i++) memcpy(joined + i, codes + 5 * i, 8);
    for (size_t i = 0; i < FIVES / 4; i++) {
        const uint64_t twos = (joined[i] & 0xfffff) | (joined[i] & 0xfffff00000) << 12;
        joined[i] = (twos & 0x000003ff000003ff) | (twos & 0x000ffc00000ffc00) << 6;
    }
    memcpy(split, joined, sizeof split);
    for (size_t i = 0; i < FIVES; i++) {
        const uint16_t c = split[i], first = c >> 2 & 3, second = c >> 4 & 3, third = c >> 6 & 3, last = c >> 8;
        fives[i] = (uint8_t)(c - first - (uint16_t)(7 * second) - (uint16_t)(37 * third) - (uint16_t)(175 * last));
    }
}

static void LEVEL(pack_row)(const uint8_t *codes, size_t width, uint8_t *fives)
{
    for (; width > 5 * FIVES + 12; width -= 5 * FIVES, codes += CODES_OF_FIVES, fives += FIVES) LEVEL(pack_block)(codes, fives);
    while (width > 0) {
        uint8_t some[CODES_OF_FIVES + 3], packed[FIVES];
        const size_t trits = width < 5 * FIVES ? width : 5 * FIVES;
        memset(some, 0x55, sizeof some);
        memcpy(some, codes, (trits + 3) / 4);
        LEVEL(pack_block)(some, packed);
        memcpy(fives, packed, (trits + 4) / 5);
        width -= trits, codes += CODES_OF_FIVES, fives += FIVES;
    }
}

void LEVEL(tern_pack_fives)(const uint8_t *codes, size_t rows, size_t width, uint8_t *fives)
{
    for (size_t row = 0; row < rows; row++)
        LEVEL(pack_row)(codes + row * ((width + 3) / 4), width, fives + row * tern_fives_bytes(width));
}
