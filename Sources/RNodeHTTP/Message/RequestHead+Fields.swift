public import HTTPTypes

extension RequestHead {
    /// How many fields there are.
    public var fieldCount: Int { layout.borrow { $0.fieldCount } }

    /// How many fields are named `name`, compared without case.
    public borrowing func fieldCount(named name: StaticString) -> Int {
        var count = 0
        var start = 0
        while let found = position(ofField: name, from: start) {
            count &+= 1
            start = found &+ 1
        }
        return count
    }

    /// Lends the value of the first field named `name`, compared without case; nil when there is none.
    ///
    /// Blanks around the value are not part of it.
    @inlinable
    public borrowing func withField<Result, Failure: Error>(
        _ name: StaticString, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let position = position(ofField: name, from: 0) else { return nil }
        return try withBytes(valueRange(position), body)
    }

    /// Lends each value of the fields named `name`, in order, as for fields that are lists.
    @inlinable
    public borrowing func forEachField<Failure: Error>(
        named name: StaticString, _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        var start = 0
        while let position = position(ofField: name, from: start) {
            try withBytes(valueRange(position), body)
            start = position &+ 1
        }
    }

    /// Lends each field's name and value, in the order received.
    @inlinable
    public borrowing func forEachField<Failure: Error>(
        _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        for position in 0..<fieldCount {
            let (name, value) = (nameRange(position), valueRange(position))
            try bytes.withSpan { (all: Span<UInt8>) throws(Failure) in
                let whole = 0..<all.count
                try body(
                    all.extracting(name.clamped(to: whole)),
                    all.extracting(value.clamped(to: whole)))
            }
        }
    }

    /// Whether `token`, given in lower case, is a member of a list field, compared without case.
    public borrowing func hasToken(_ token: StaticString, inField name: StaticString) -> Bool {
        var found = false
        forEachField(named: name) { found = found || TokenList.contains(token, in: $0) }
        return found
    }

    /// The value of the first field named `name` as text, or nil when there is none or it is not UTF-8.
    public borrowing func field(_ name: StaticString) -> String? {
        withField(name) { String(validating: $0.copied(), as: UTF8.self) } ?? nil
    }

    /// A copy of all fields, in the order received.
    public var fields: HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(fieldCount)
        forEachField { name, value in
            let text = String(decoding: name.copied(), as: UTF8.self)
            // The parser let tokens through only.
            guard let name = HTTPField.Name(text) else { return }
            fields.append(HTTPField(name: name, value: value.copied()))
        }
        return fields
    }

    @usableFromInline
    func position(ofField name: StaticString, from start: Int) -> Int? {
        bytes.withSpan { all in
            layout.borrow { layout in
                let whole = 0..<all.count
                for position in start..<max(start, layout.fieldCount) {
                    let range = layout.name(position).clamped(to: whole)
                    if all.extracting(range).isEqualIgnoringCase(to: name) { return position }
                }
                return nil
            }
        }
    }

    @usableFromInline
    func nameRange(_ position: Int) -> Range<Int> {
        layout.borrow { $0.name(position) }
    }

    @usableFromInline
    func valueRange(_ position: Int) -> Range<Int> {
        layout.borrow { $0.value(position) }
    }
}
