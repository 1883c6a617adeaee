/// Numbers as a table shows them: three digits that say something, thousands apart.
package enum Figure {
    /// What stands where there is no number.
    package static let none = "–"

    /// A number; `none` for nil.
    package static func text(_ value: Double?) -> String {
        guard let value else { return none }
        guard value.isFinite else { return "\(value)" }
        let size = value.magnitude
        if size == 0 { return "0" }
        if size < 0.0005 { return value < 0 ? ">-0.001" : "<0.001" }
        if size < 0.0095 { return decimal(value, places: 3) }
        if size < 9.995 { return decimal(value, places: 2) }
        if size < 99.95 { return decimal(value, places: 1) }
        return decimal(value, places: 0)
    }

    /// A share as a percentage: `63.1 %`.
    package static func percent(_ share: Double?) -> String {
        share.map { decimal($0 * 100, places: 1) + " %" } ?? none
    }

    /// A number rounded to so many decimal places, with commas between thousands.
    package static func decimal(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = (value.magnitude * scale).rounded()
        guard rounded < 1e15 else { return "\(value)" }
        var digits = String(Int(rounded))
        if digits.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.count) + digits
        }
        let fraction = places > 0 ? "." + digits.suffix(places) : ""
        let sign = value < 0 && rounded > 0 ? "-" : ""
        return sign + grouped(String(digits.dropLast(places))) + fraction
    }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
