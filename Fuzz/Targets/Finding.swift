/// A property that an input broke.
struct Finding: Error, CustomStringConvertible {
    let description: String
}

/// Throws a finding unless `condition` holds.
func require(
    _ condition: Bool, _ what: @autoclosure () -> String
) throws(Finding) {
    if !condition { throw Finding(description: what()) }
}

/// Throws a finding unless both are the same.
func requireEqual<Value: Equatable>(
    _ one: Value, _ other: Value, _ what: String
) throws(Finding) {
    if one != other { throw Finding(description: "\(what):\n  \(one)\n  \(other)") }
}
