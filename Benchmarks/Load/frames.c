#include "frames.h"

#include <string.h>

uint64_t random_number(void) {
    static uint64_t state = 0x9E3779B97F4A7C15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

size_t frame_write(uint8_t *to, uint8_t first, const uint8_t *payload, size_t length) {
    uint8_t *at = to, key[4];
    uint64_t chance = random_number();
    memcpy(key, &chance, sizeof key);
    *at++ = first;
    int bytes_of_length = length < 126 ? 0 : length < 65536 ? 2 : 8;
    *at++ = (uint8_t)(0x80 | (bytes_of_length == 0 ? length : bytes_of_length == 2 ? 126 : 127));
    for (int i = bytes_of_length; i-- > 0;) *at++ = (uint8_t)((uint64_t)length >> (8 * i));
    memcpy(at, key, sizeof key);
    at += sizeof key;
    for (size_t i = 0; i < length; i++) *at++ = payload[i] ^ key[i & 3];
    return (size_t)(at - to);
}

static const char *fault_in(const uint8_t *bytes) {
    uint8_t opcode = bytes[0] & 15;
    if (bytes[0] & 0x30) return "a frame with RSV2 or RSV3";
    if (bytes[1] & 0x80) return "a masked frame";
    if (opcode > PONG || (opcode > TEXT + 1 && opcode < CLOSE)) return "a frame with an unknown opcode";
    if (opcode >= CLOSE && (!(bytes[0] & FINAL) || bytes[1] > 125)) return "a long or fragmented control frame";
    return NULL;
}

size_t frame_read(const uint8_t *bytes, size_t length, struct frame *frame) {
    if (length < 2) return 0;
    frame->fault = fault_in(bytes);
    if (frame->fault) return 2;
    size_t head = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10;
    if (length < head) return 0;
    uint64_t payload = head == 2 ? bytes[1] : 0;
    for (size_t i = 2; i < head; i++) payload = payload << 8 | bytes[i];
    if (payload > 1 << 22) {
        frame->fault = "a frame of more than 4 MiB";
        return head;
    }
    if (length - head < payload) return 0;
    frame->is_final = bytes[0] & FINAL;
    frame->is_compressed = bytes[0] & COMPRESSED;
    frame->opcode = bytes[0] & 15;
    frame->payload = bytes + head;
    frame->length = (size_t)payload;
    return head + (size_t)payload;
}
