#pragma once

// zlib's raw streams (RFC 1951) behind plain functions. Swift can't call zlib's own initialisers, which are macros;
// and a z_stream must stay where it was made, which a Swift value does not promise.

#include <stdint.h>

/// One stream of either direction; opaque.
typedef struct czlib_stream czlib_stream;

/// Where a stream takes its memory, all of it, and gives it back; `allocate` says NULL when there is none.
typedef struct czlib_memory {
    /// Handed to both functions; it must be there for as long as the stream.
    void *context;
    void *(*allocate)(void *context, uint32_t count, uint32_t size);
    void (*release)(void *context, void *memory);
} czlib_memory;

/// What one call did.
typedef struct czlib_step {
    /// One of the CZLIB_ values; any other is an error.
    int32_t status;
    /// Bytes taken from the input, and written to the output.
    uint32_t consumed, produced;
    /// Inflating: not 0 when the stream stands behind a whole block, at the beginning of a byte.
    int32_t is_at_boundary;
} czlib_step;

/// Went well.
static const int32_t CZLIB_OK = 0;
/// The end of a stream whose last block is marked as such.
static const int32_t CZLIB_STREAM_END = 1;
/// Nothing to do: no input, or no room for output.
static const int32_t CZLIB_BUFFER_ERROR = -5;
/// No memory.
static const int32_t CZLIB_MEMORY_ERROR = -4;

/// A stream that deflates; NULL when a value is out of its range, or there is no memory. `memory` is copied; NULL for
/// the C library's.
czlib_stream *czlib_deflater(
    int32_t level, int32_t window_bits, int32_t memory_level, const czlib_memory *memory);

/// A stream that inflates; the same goes for it.
czlib_stream *czlib_inflater(int32_t window_bits, const czlib_memory *memory);

/// Ends and frees a stream.
void czlib_free(czlib_stream *stream);

/// Deflates; with `flushes` the output then ends with an empty block, at the beginning of a byte.
czlib_step czlib_deflate(
    czlib_stream *stream, const void *input, uint32_t input_count, void *output, uint32_t output_count,
    int32_t flushes);

/// Inflates as much as there is input and room for.
czlib_step czlib_inflate(
    czlib_stream *stream, const void *input, uint32_t input_count, void *output, uint32_t output_count);

/// Makes the stream as good as new: what was before leaves no trace in what comes.
void czlib_reset(czlib_stream *stream);

/// Inflating: begins a stream after the end of another, whose last bytes it may refer to.
void czlib_continue(czlib_stream *stream);
