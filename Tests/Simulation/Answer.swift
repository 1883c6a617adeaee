/// A message of the server's, looked into: its fields are found by their names, in the order the server writes them.
struct Answer {
    private let text: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
    }

    /// A field whose value is a string without escapes.
    func field(_ name: StaticString) -> String? {
        let count = name.utf8CodeUnitCount
        return name.withUTF8Buffer { name -> String? in
            var place = text.startIndex
            // "name":"…"
            while place + count + 4 <= text.endIndex {
                if text[place] == 0x22, text[place + count + 1] == 0x22,
                    text[place + count + 2] == 0x3A, text[place + count + 3] == 0x22,
                    unsafe name.elementsEqual(text[(place + 1)...(place + count)])
                {
                    let value = text[(place + count + 4)...].prefix { $0 != 0x22 }
                    return String(decoding: value, as: UTF8.self)
                }
                place += 1
            }
            return nil
        }
    }
}
