import RNodeHTTP

/// A6, A4: each of the 256 bytes at each place of a request, given whole, in both halves of every cut, and byte by byte.
enum GrammarPlaces {
    /// A request with a hole, and the bytes that may fill it.
    struct Place {
        let name: String
        let before: String
        let after: String
        let allowed: Set<UInt8>

        init(_ name: String, _ before: String, _ after: String, _ allowed: Set<UInt8>) {
            self.name = name
            self.before = before
            self.after = after
            self.allowed = allowed
        }
    }

    // The sets of RFC 9110 section 5 and RFC 3986, by their characters; and what browsers send beyond them in a target.
    private static let alphanumeric = bytes(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    private static let token = alphanumeric.union(bytes("!#$%&'*+-.^_`|~"))
    private static let host = alphanumeric.union(bytes("-._~!$&'()*+,;="))
    private static let path = host.union(bytes(":@/?[]|"))
    private static let query = path.union(bytes("\\^`{}"))
    private static let text = Set<UInt8>(0x20...0xFF).subtracting([0x7F]).union([0x09])
    private static let hexadecimal = bytes("0123456789abcdefABCDEF")
    private static let carriageReturn = bytes("\r")
    private static let lineFeed = bytes("\n")

    private static func bytes(_ text: String) -> Set<UInt8> { Set(text.utf8) }

    private static let host1 = "\r\nHost: h\r\n\r\n"
    private static let line = "GET / HTTP/1.1\r\n"
    private static let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"

    static let places = head + fields + chunks

    private static let head: [Place] = [
        Place("first of all", "", "ET / HTTP/1.1" + host1, bytes("G")),
        Place("in the method", "GE", "T / HTTP/1.1" + host1, []),
        Place("after the method", "GET", "/ HTTP/1.1" + host1, bytes(" ")),
        Place("first in the target", "GET ", "a HTTP/1.1" + host1, bytes("/")),
        Place("in the path", "GET /a", "b HTTP/1.1" + host1, path),
        Place("behind a per cent sign", "GET /%4", " HTTP/1.1" + host1, hexadecimal),
        Place("in the query", "GET /?a", "b HTTP/1.1" + host1, query),
        Place("after the target", "GET /", "HTTP/1.1" + host1, bytes(" ")),
        Place("in the protocol's name", "GET / HTT", "/1.1" + host1, bytes("P")),
        Place("the version's first digit", "GET / HTTP/", ".1" + host1, bytes("1")),
        Place("in the version", "GET / HTTP/1", "1" + host1, bytes(".")),
        Place("the version's last digit", "GET / HTTP/1.", host1, bytes("01")),
        Place("at the end of the line", "GET / HTTP/1.1", "\nHost: h\r\n\r\n", carriageReturn),
        Place("after CR", "GET / HTTP/1.1\r", "Host: h\r\n\r\n", lineFeed),
    ]

    private static let fields: [Place] = [
        Place("first in a name", line + "Host: h\r\n", "X: y\r\n\r\n", token),
        Place("in a name", line + "Host: h\r\nX", "Y: z\r\n\r\n", token.union(bytes(":"))),
        Place("before the colon", line + "Host: h\r\nX", ": z\r\n\r\n", token.union(bytes(":"))),
        Place("first in a value", line + "Host: h\r\nX:", "z\r\n\r\n", text),
        Place("in a value", line + "Host: h\r\nX: y", "z\r\n\r\n", text),
        Place("last in a value", line + "Host: h\r\nX: y", "\r\n\r\n", text),
        Place("at a field's end", line + "Host: h", "\n\r\n", carriageReturn),
        Place("after a field's CR", line + "Host: h\r", "\r\n", lineFeed),
        Place("in Host", line + "Host: h", "i\r\n\r\n", host),
        Place("in Host's port", line + "Host: h:8", "0\r\n\r\n", bytes("0123456789")),
        Place(
            "in a coding", line + "Host: h\r\nTransfer-Encoding: chunke", "\r\n\r\n0\r\n\r\n",
            bytes("dD")),
        Place("where the head ends", line + "Host: h\r\n", "\n", carriageReturn),
        Place("last of the head", line + "Host: h\r\n\r", "", lineFeed),
    ]

    private static let chunks: [Place] = [
        Place("after a chunk's size", chunked + "0", "\n\r\n", carriageReturn),
        Place("after its CR", chunked + "0\r", "\r\n", lineFeed),
        Place("in an extension", chunked + "0;a", "b\r\n\r\n", text.subtracting(bytes("\""))),
        Place(
            "in a quoted extension", chunked + "0;a=\"b", "c\"\r\n\r\n",
            text.subtracting(bytes("\""))),
        Place("after a chunk's data", chunked + "1\r\nx", "\n0\r\n\r\n", carriageReturn),
        Place("after that CR", chunked + "1\r\nx\r", "0\r\n\r\n", lineFeed),
        Place("first in a trailer's name", chunked + "0\r\n", "X: y\r\n\r\n", token),
        Place("in a trailer's name", chunked + "0\r\nX", "Y: z\r\n\r\n", token.union(bytes(":"))),
        Place("in a trailer's value", chunked + "0\r\nX: y", "z\r\n\r\n", text),
        Place("where the body ends", chunked + "0\r\n", "\n", carriageReturn),
        Place("last of the body", chunked + "0\r\n\r", "", lineFeed),
    ]

    static func run() -> Tally {
        var tally = Tally()
        for place in places {
            for byte in UInt8.min...UInt8.max {
                let request = Array(place.before.utf8) + [byte] + Array(place.after.utf8)
                let whole = RequestReading.outcome(of: request)
                let isAllowed = place.allowed.contains(byte)
                let isRight = isAllowed ? whole.hasEnded : whole.isRefused
                tally.note(isRight, "\(place.name): byte \(byte) gives \(whole)")
                let cuts = Array(request.indices.dropFirst())
                for pieces in cuts.map({ [$0] }) + [cuts] {
                    let cut = RequestReading.outcome(of: request, cuts: pieces)
                    tally.note(cut == whole, "\(place.name): byte \(byte) cut at \(pieces): \(cut)")
                }
            }
        }
        return tally
    }
}
