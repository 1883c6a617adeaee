package import HTTPTypes

/// A representation's version, and what a request's conditions say of it (RFC 9110 section 13).
///
/// | first that is there     | holds                        | else |
/// |-------------------------|------------------------------|------|
/// | If-Match                | go on                        | 412  |
/// | If-Unmodified-Since     | go on                        | 412  |
/// | If-None-Match           | go on; If-Modified-Since is ignored | 304 |
/// | If-Modified-Since       | go on                        | 304  |
/// | Range with If-Range     | the range                    | the whole |
///
/// For GET and HEAD only: other methods have done their work before anybody asks.
package struct Preconditions: Sendable {
    /// What the conditions come to.
    package enum Verdict: Hashable, Sendable {
        /// Serve it, or a range of it.
        case serve
        /// 304: the client has this version.
        case notModified
        /// 412: the client wants another version.
        case failed
    }

    /// The version's name.
    package let tag: EntityTag
    /// When it was modified last, in seconds since 1970.
    package let modified: Int64
    /// The wall clock, in seconds since 1970.
    package let now: Int64

    /// A version, as it is `now`.
    package init(tag: EntityTag, modified: Int64, now: Int64) {
        self.tag = tag
        self.modified = modified
        self.now = now
    }

    /// What the conditions in `fields` come to, in the order of RFC 9110 section 13.2.2.
    package func verdict(_ fields: HTTPFields) -> Verdict {
        if let match = fields[.ifMatch] {
            if !matches(match, { $0.isStronglyEqual(to: tag) }) { return .failed }
        } else if let since = date(fields[.ifUnmodifiedSince]), modified > since {
            return .failed
        }
        if let match = fields[.ifNoneMatch] {
            if matches(match, { $0.isWeaklyEqual(to: tag) }) { return .notModified }
        } else if let since = date(fields[.ifModifiedSince]), modified <= since {
            return .notModified
        }
        return .serve
    }

    /// Which bytes of `length` a GET with these fields is given.
    ///
    /// An `If-Range` with a date never holds: a file may change twice within a second, so a date is no strong
    /// validator (RFC 9110 section 13.1.5), and the whole is always right.
    package func range(_ fields: HTTPFields, length: Int) -> ByteRange {
        guard let range = fields[.range] else { return .whole }
        if let condition = fields[.ifRange] {
            guard let wanted = EntityTag(condition), wanted.isStronglyEqual(to: tag) else {
                return .whole
            }
        }
        return ByteRange(range, length: length)
    }

    private func matches(_ field: String, _ isEqual: (EntityTag) -> Bool) -> Bool {
        if field == "*" { return true }
        return EntityTag.list(field)?.contains(where: isEqual) ?? false
    }

    /// A date that is none is ignored (RFC 9110 sections 13.1.3 and 13.1.4).
    private func date(_ field: String?) -> Int64? {
        field.flatMap { HTTPDate.seconds($0, now: now) }
    }
}
