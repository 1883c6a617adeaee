import RNodeIO

extension TransportConformance {
    static let byteChecks: [ConformanceCheck<TransportConformance>] = [
        .init("With nothing there, receive says wouldBlock") { subject in
            try subject.withPair { here, there in
                var room: [UInt8] = [0xA5]
                var span = room.mutableSpan
                try expect(here.receive(into: &span), is: .wouldBlock, "the result")
                try expect(room, is: [0xA5], "the room")
                here.close(abort: false)
                there.close(abort: false)
            }
        },
        .init("The two ends have descriptors of their own") { subject in
            try subject.withPair { here, there in
                try expect(here.descriptor >= 0, "the descriptor is \(here.descriptor)")
                try expect(here.descriptor != there.descriptor, "both have one descriptor")
                here.close(abort: false)
                there.close(abort: false)
            }
        },
        .init("Bytes arrive complete, in order, in both directions, whatever the room") { subject in
            try subject.withPair { here, there in
                let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                for piece in [50, 999] {
                    let forth = try subject.carry(bytes, from: here, to: there, piece: piece)
                    try expect(forth == bytes, "other bytes arrived at the peer")
                    let back = try subject.carry(bytes, from: there, to: here, piece: piece)
                    try expect(back == bytes, "other bytes arrived from the peer")
                }
                try expect(
                    subject.carry(bytes, from: here, to: there, inBuffers: true) == bytes,
                    "other bytes arrived of those in buffers")
                let few = Array(bytes.prefix(300))
                try expect(
                    subject.carry(few, from: here, to: there, piece: 1) == few,
                    "other bytes arrived one by one")
                here.close(abort: false)
                there.close(abort: false)
            }
        },
        .init("A stream whose peer does not read says wouldBlock, and goes on when it does") {
            subject in
            try subject.withPair { here, there in
                guard let filled = here.fill(), filled > 0 else {
                    throw ConformanceFailure("the stream takes no bytes, or bytes without an end")
                }
                try expect(subject.drain(there, filled), is: filled, "what was read")
                try subject.expectCarried([1, 2, 3], from: here, to: there)
                here.close(abort: false)
                there.close(abort: false)
            }
        },
    ]

    static let endChecks: [ConformanceCheck<TransportConformance>] = [
        .init("After finishSending the peer finds the end, again and again; reading goes on") {
            subject in
            try subject.withPair { here, there in
                try subject.expectCarried([1, 2, 3], from: here, to: there)
                here.finishSending()
                for _ in 0..<2 {
                    try expect(subject.receive(from: there).result, is: .finished, "the end")
                }
                try subject.expectCarried([4, 5], from: there, to: here)
                here.close(abort: false)
                there.close(abort: false)
            }
        },
        .init("What was sent before finishSending and close arrives before the end") { subject in
            for isClosed in [false, true] {
                try subject.withPair { here, there in
                    while case .wouldBlock = here.send([9].span) {}
                    isClosed ? here.close(abort: false) : here.finishSending()
                    let (result, byte) = subject.receive(from: there)
                    try expect(result, is: .bytes(1), "what was sent")
                    try expect(byte, is: 9, "the byte")
                    try expect(subject.receive(from: there).result, is: .finished, "the end")
                    if !isClosed { here.close(abort: false) }
                    there.close(abort: false)
                }
            }
        },
        .init("After an abort the peer finds the end or a failure") { subject in
            try subject.withPair { here, there in
                here.close(abort: true)
                switch subject.receive(from: there).result {
                case .finished, .failed: break
                case let other: throw ConformanceFailure("receive gave \(other)")
                }
                there.close(abort: true)
            }
        },
        .init("Sending to a peer that closed fails in the end, as a value") { subject in
            try subject.withPair { here, there in
                there.close(abort: false)
                var last = SendResult.wouldBlock
                for _ in 0..<1000 {
                    last = here.send([1].span)
                    if case .failed = last { break }
                    _ = subject.receive(from: here)
                    subject.pause()
                }
                guard case .failed = last else {
                    throw ConformanceFailure("send still gives \(last)")
                }
                here.close(abort: false)
            }
        },
    ]

    fileprivate func expectCarried(
        _ bytes: [UInt8], from sender: any Transport, to receiver: any Transport
    ) throws(ConformanceFailure) {
        try expect(carry(bytes, from: sender, to: receiver), is: bytes, "what arrived")
    }
}
