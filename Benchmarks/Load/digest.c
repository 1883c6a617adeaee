#include "digest.h"

#include <stdio.h>
#include <string.h>

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

// FIPS 180-4, 6.1.2.
static void sha1_block(uint32_t hash[5], const uint8_t *block) {
    uint32_t words[80];
    for (int i = 0; i < 16; i++) {
        const uint8_t *at = block + 4 * i;
        words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < 80; i++) {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];
    for (int i = 0; i < 80; i++) {
        uint32_t mixed, constant;
        switch (i / 20) {
        case 0: mixed = (b & c) | (~b & d), constant = 0x5A827999; break;
        case 1: mixed = b ^ c ^ d, constant = 0x6ED9EBA1; break;
        case 2: mixed = (b & c) | (b & d) | (c & d), constant = 0x8F1BBCDC; break;
        default: mixed = b ^ c ^ d, constant = 0xCA62C1D6; break;
        }
        uint32_t next = rotate(a, 5) + mixed + e + constant + words[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d, hash[4] += e;
}

void base64(const uint8_t *bytes, size_t length, char *text) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0)
            | (left > 2 ? bytes[i + 2] : 0);
        *text++ = letters[group >> 18];
        *text++ = letters[group >> 12 & 63];
        *text++ = left > 1 ? letters[group >> 6 & 63] : '=';
        *text++ = left > 2 ? letters[group & 63] : '=';
    }
    *text = 0;
}

void websocket_accept(const char *key, char *accept) {
    // 24 characters of the key and 36 of the GUID, padded to two blocks.
    uint8_t blocks[128] = {0}, digest[20];
    int length = snprintf((char *)blocks, sizeof blocks, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    uint32_t hash[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    blocks[length] = 0x80;
    blocks[126] = (uint8_t)(length * 8 >> 8);
    blocks[127] = (uint8_t)(length * 8);
    sha1_block(hash, blocks);
    sha1_block(hash, blocks + 64);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
    base64(digest, sizeof digest, accept);
}
