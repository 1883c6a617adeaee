/// What an app refuses at its start, or because of its state.
public struct AppError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with the field or path it is about.
    public let description: String

    /// A value of the configuration that can't be.
    static func configuration(field: String, _ problem: String) -> AppError {
        AppError(description: "\(field) \(problem)")
    }

    /// Throws for a value of the configuration that is out of its range.
    static func check<Value: Comparable>(
        _ field: String, _ value: Value, _ range: ClosedRange<Value>
    ) throws(AppError) {
        guard !range.contains(value) else { return }
        throw configuration(field: field, "is \(value); it must be in \(range)")
    }

    /// Routes, middleware and the like are fixed once the app listens.
    static let alreadyListening = AppError(
        description: "the app listens already: routes are registered before")
    /// The app was stopped.
    static let stopped = AppError(description: "the app has stopped")
}
