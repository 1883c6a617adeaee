package import RNodeBytes

/// What came of an operation.
package struct RingCompletion: Equatable {
    /// What the operation was, or the number that no operation of ours has.
    package var operation: UInt64
    /// What the system call would have returned, or the error's number, negative.
    package var result: Int32
    /// The operation goes on, and completes again.
    package var continues: Bool
    /// The buffer of the ring's that holds the bytes.
    package var buffer: UInt16?

    package init(
        operation: UInt64, result: Int32, continues: Bool = false, buffer: UInt16? = nil
    ) {
        self.operation = operation
        self.result = result
        self.continues = continues
        self.buffer = buffer
    }
}

/// The seam between ``IOUring`` and the kernel's ring: operations that are begun together and complete in any order.
///
/// A test's ring completes them late, twice, in another order, or never. Used by the loop's thread only.
package protocol CompletionRing: AnyObject {
    /// How many buffers it has to receive into, and how long each is. None is offered to the kernel at first.
    var bufferCount: Int { get }
    var bufferBytes: Int { get }

    /// Whether it can receive and send for this stream: else that is polled, and served by its own calls.
    func serves(_ transport: any Transport) -> Bool
    /// Whether a descriptor is there to be polled.
    func isOpen(_ descriptor: Int32) -> Bool

    // Each of these is done when it is submitted; false when there is no room before that.

    /// Receives into the offered buffers, again and again, until an error or the stream's end.
    func receive(_ descriptor: Int32, as operation: UInt64) -> Bool
    /// Sends some of the bytes, which stay as they are, and where they are, until the completion.
    func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, as operation: UInt64) -> Bool
    /// Waits for readiness, once or each time it comes; a failure is told of in any case. The result is the readiness.
    func poll(_ descriptor: Int32, for interest: Readiness, repeats: Bool, as operation: UInt64)
        -> Bool
    /// Accepts again and again.
    func accept(_ descriptor: Int32, as operation: UInt64) -> Bool
    /// Ends an operation, which completes by ECANCELED unless it was faster.
    func cancel(_ operation: UInt64, as cancelling: UInt64) -> Bool
    /// Ends all operations on a descriptor.
    func cancelAll(of descriptor: Int32, as cancelling: UInt64) -> Bool

    /// Begins what was asked for, and takes in what has completed.
    func submit()
    /// The same, and waits until something has completed or so many nanoseconds have passed; nil waits for ever. False where it
    /// is no use to wait again.
    func wait(nanoseconds: Int64?) -> Bool
    /// Adds what has completed, the oldest first: at most 1,024 at a time. Whether there was any.
    func takeCompletions(into completions: inout [RingCompletion]) -> Bool

    /// Lends the first bytes of a buffer that the kernel has filled.
    func withBuffer<Result>(_ number: UInt16, count: Int, _ body: (Span<UInt8>) -> Result) -> Result
    /// Offers a buffer to the kernel.
    func offer(_ number: UInt16)

    /// Wakes whoever waits for completions, by one of `operation`, which goes on.
    var waker: any BackendWaker { get }
    func watchWaker(as operation: UInt64) -> Bool
    /// That was seen. Unless it is watched still, what was written to it is read.
    func acknowledgeWake(isWatched: Bool)

    /// The present moment, and the wall clock's.
    var now: MonotonicInstant { get }
    var wallClockMilliseconds: Int64 { get }
}
