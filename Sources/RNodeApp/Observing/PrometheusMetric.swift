internal import RNodeWS

extension PrometheusText {
    /// One metric: its lines share a name, and stand together.
    struct Metric {
        enum Kind: String {
            case counter, gauge, histogram
        }

        typealias Label = (name: String, value: String)

        let name: String
        let kind: Kind
        let help: String

        init(_ name: String, _ kind: Kind, _ help: String) {
            self.name = "rnode_server_websocket_" + name
            self.kind = kind
            self.help = help
        }

        func appendHead(to buffer: inout ByteBuffer) {
            buffer.append(utf8: "# HELP \(name) ")
            PrometheusText.append(escaping: help, quotes: false, to: &buffer)
            buffer.append(utf8: "\n# TYPE \(name) \(kind.rawValue)\n")
        }

        func appendSample(
            _ value: Int, _ labels: [Label] = [], suffix: String = "", to buffer: inout ByteBuffer
        ) {
            appendStart(suffix, labels, to: &buffer)
            buffer.append(decimal: value)
            buffer.append(UInt8(ascii: "\n"))
        }

        /// Buckets are cumulative here, and the last has no bound.
        func append(
            _ totals: HistogramTotals, _ labels: [Label], to buffer: inout ByteBuffer
        ) {
            var total = 0
            for (bound, count) in zip(totals.bounds, totals.counts) {
                total &+= count
                let label = ("le", PrometheusText.number(bound))
                appendSample(total, labels + [label], suffix: "_bucket", to: &buffer)
            }
            let count = totals.count
            appendSample(count, labels + [("le", "+Inf")], suffix: "_bucket", to: &buffer)
            appendStart("_sum", labels, to: &buffer)
            buffer.append(utf8: PrometheusText.number(totals.sum) + "\n")
            appendSample(count, labels, suffix: "_count", to: &buffer)
        }

        private func appendStart(
            _ suffix: String, _ labels: [Label], to buffer: inout ByteBuffer
        ) {
            buffer.append(utf8: name + suffix)
            for (place, label) in labels.enumerated() {
                buffer.append(utf8: (place == 0 ? "{" : ",") + label.name + "=\"")
                PrometheusText.append(escaping: label.value, quotes: true, to: &buffer)
                buffer.append(UInt8(ascii: "\""))
            }
            if !labels.isEmpty { buffer.append(UInt8(ascii: "}")) }
            buffer.append(UInt8(ascii: " "))
        }
    }

    /// A number as Go would read it; whole numbers without a point.
    static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    /// Escapes a backslash and a line feed, and in a label's value a quote.
    static func append(escaping text: String, quotes: Bool, to buffer: inout ByteBuffer) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): buffer.append("\\\\")
            case 0x0A: buffer.append("\\n")
            case UInt8(ascii: "\"") where quotes: buffer.append("\\\"")
            default: buffer.append(byte)
            }
        }
    }
}
