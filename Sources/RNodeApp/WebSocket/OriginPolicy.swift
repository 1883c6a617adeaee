/// Whose pages may open a WebSocket connection (RFC 6455 section 10.2).
///
/// Browsers say where a page is from in `Origin`; other clients don't, and are admitted by every policy. An origin that
/// is not admitted is answered 403.
public struct OriginPolicy: Sendable, Hashable {
    private let admitsAny: Bool
    private let allowed: Set<String>
    /// The first allowed origin that is none: thrown when the app starts to listen.
    private(set) var wrongOrigin: String?

    /// Pages of the same host: the origin's host and port are those of the `Host` field. The default.
    public static let sameHost = OriginPolicy(admitsAny: false, allowed: [])

    /// Any page of the web. Only for servers that trust nothing a browser adds by itself, such as cookies.
    public static let any = OriginPolicy(admitsAny: true, allowed: [])

    /// Pages of the same host, and these origins (`https://example.org`, with a port if it is not the scheme's own).
    public static func allow(_ origins: [String]) -> OriginPolicy {
        var policy = OriginPolicy(admitsAny: false, allowed: Set(origins.map(normalized)))
        policy.wrongOrigin = origins.first { !isOrigin($0) }
        return policy
    }

    /// A scheme, `://`, and an authority without user, path or query.
    private static func isOrigin(_ text: String) -> Bool {
        guard let mark = text.firstRange(of: "://"), mark.lowerBound > text.startIndex,
            mark.upperBound < text.endIndex
        else { return false }
        let host = text[mark.upperBound...].utf8
        return text[..<mark.lowerBound].utf8.allSatisfy(isSchemeByte)
            && host.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\".utf8.contains($0) }
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "+-.".utf8.contains(byte)
        }
    }

    /// In a few words, without an origin's name.
    var summary: String {
        if admitsAny { return "any" }
        return allowed.isEmpty ? "sameHost" : "sameHost and \(allowed.count) listed"
    }

    func validate(field: String) throws(AppError) {
        guard let wrongOrigin else { return }
        throw AppError.configuration(
            field: field, "allows \(wrongOrigin); an origin is like https://example.org")
    }

    private init(admitsAny: Bool, allowed: Set<String>) {
        self.admitsAny = admitsAny
        self.allowed = allowed
    }

    /// Whether a page that sent this request may connect. Two origins are nobody's, nor is one that is no text.
    func admits(_ head: borrowing RequestHead) -> Bool {
        guard !admitsAny else { return true }
        switch head.fieldCount(named: "origin") {
        case 0: return true
        case 1:
            guard let origin = head.field("origin") else { return false }
            return admits(origin: origin, host: head.authority)
        default: return false
        }
    }

    func admits(origin: String?, host: String?) -> Bool {
        guard !admitsAny, let origin else { return true }
        let page = Self.normalized(origin)
        if allowed.contains(page) { return true }
        // RFC 6454: scheme, "://", host, port. "null" has none, and is nobody's.
        let scheme = page.prefix { $0 != ":" }
        guard let host, !host.isEmpty, !scheme.isEmpty,
            page.dropFirst(scheme.count).hasPrefix("://")
        else {
            return false
        }
        return Self.normalized(scheme + "://" + host) == page
    }

    /// Lower-case, without the port that the scheme implies.
    private static func normalized(_ origin: String) -> String {
        let lower = origin.lowercased()
        if lower.hasPrefix("http://"), lower.hasSuffix(":80") { return String(lower.dropLast(3)) }
        if lower.hasPrefix("https://"), lower.hasSuffix(":443") { return String(lower.dropLast(4)) }
        return lower
    }
}
