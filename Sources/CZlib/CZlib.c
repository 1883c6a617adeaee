#include "CZlib.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct czlib_stream {
    z_stream zlib;
    int deflates;
    // A reset failed: no call succeeds any more.
    int is_broken;
    // zlib.zalloc and zlib.zfree are the maker's, and this stream itself is from there.
    int has_given_memory;
};

// Room for a stream, with nothing in it but where it is from.
static czlib_stream *room(const czlib_memory *memory) {
    if (memory == NULL) return calloc(1, sizeof(czlib_stream));
    czlib_stream *stream = memory->allocate(memory->context, 1, sizeof(czlib_stream));
    if (stream == NULL) return NULL;
    memset(stream, 0, sizeof *stream);
    stream->has_given_memory = 1;
    stream->zlib.opaque = memory->context;
    stream->zlib.zalloc = memory->allocate;
    stream->zlib.zfree = memory->release;
    return stream;
}

static void give_back(czlib_stream *stream) {
    if (stream->has_given_memory) stream->zlib.zfree(stream->zlib.opaque, stream);
    else free(stream);
}

static czlib_stream *made(czlib_stream *stream, int status) {
    if (status == Z_OK) return stream;
    give_back(stream);
    return NULL;
}

czlib_stream *czlib_deflater(
    int32_t level, int32_t window_bits, int32_t memory_level, const czlib_memory *memory
) {
    // zlib would take a window of 8 bits here as 9, or refuse it: it depends on its version.
    if (window_bits < 9 || window_bits > 15) return NULL;
    czlib_stream *stream = room(memory);
    if (stream == NULL) return NULL;
    stream->deflates = 1;
    // Negative window bits are zlib's way to ask for a raw stream.
    return made(stream, deflateInit2(&stream->zlib, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY));
}

czlib_stream *czlib_inflater(int32_t window_bits, const czlib_memory *memory) {
    if (window_bits < 8 || window_bits > 15) return NULL;
    czlib_stream *stream = room(memory);
    if (stream == NULL) return NULL;
    return made(stream, inflateInit2(&stream->zlib, -window_bits));
}

void czlib_free(czlib_stream *stream) {
    if (stream->deflates) deflateEnd(&stream->zlib);
    else inflateEnd(&stream->zlib);
    give_back(stream);
}

static void give(
    czlib_stream *stream, const void *input, uint32_t input_count, void *output, uint32_t output_count
) {
    stream->zlib.next_in = (Bytef *)input;
    stream->zlib.avail_in = input_count;
    stream->zlib.next_out = output;
    stream->zlib.avail_out = output_count;
}

static czlib_step taken(czlib_stream *stream, uint32_t input_count, uint32_t output_count, int status) {
    czlib_step step = {
        .status = status,
        .consumed = input_count - stream->zlib.avail_in,
        .produced = output_count - stream->zlib.avail_out,
        // 128: behind a block; the bits below count what of the last byte is unused; 64: the block was the last.
        .is_at_boundary = !stream->deflates && stream->zlib.data_type == 128,
    };
    // Lent for the call only.
    give(stream, NULL, 0, NULL, 0);
    return step;
}

czlib_step czlib_deflate(
    czlib_stream *stream, const void *input, uint32_t input_count, void *output, uint32_t output_count,
    int32_t flushes
) {
    give(stream, input, input_count, output, output_count);
    int status = Z_STREAM_ERROR;
    if (!stream->is_broken) status = deflate(&stream->zlib, flushes ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    return taken(stream, input_count, output_count, status);
}

czlib_step czlib_inflate(
    czlib_stream *stream, const void *input, uint32_t input_count, void *output, uint32_t output_count
) {
    give(stream, input, input_count, output, output_count);
    int status = Z_STREAM_ERROR;
    if (!stream->is_broken) status = inflate(&stream->zlib, Z_SYNC_FLUSH);
    return taken(stream, input_count, output_count, status);
}

void czlib_reset(czlib_stream *stream) {
    int status = stream->deflates ? deflateReset(&stream->zlib) : inflateReset(&stream->zlib);
    if (status != Z_OK) stream->is_broken = 1;
}

void czlib_continue(czlib_stream *stream) {
    if (stream->deflates || inflateResetKeep(&stream->zlib) != Z_OK) stream->is_broken = 1;
}
