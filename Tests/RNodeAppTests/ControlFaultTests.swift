import Testing

@testable import RNodeApp

@Suite("PROTOCOL §2: what is wrong with a control message")
struct ControlFaultTests {
    @Test(arguments: [
        (#"{"type":"ping","id":1}"#, "invalid_format"),
        (#"{"type":"ping","id":null}"#, "invalid_format"),
        (#"{"type":"ping","id":{}}"#, "invalid_format"),
        (#"{"type":"message","id":1}"#, "invalid_format"),
        (#"{"type":"ping","id":""}"#, "validation_error"),
        (#"{"type":"direct_message","target_client_id":"","message":1}"#, "validation_error"),
        (
            #"{"type":"direct_message","target_client_id":"a\u0000","message":1}"#,
            "validation_error"
        ),
        (#"{"type":"direct_message","target_client_id":"\u007f","message":1}"#, "validation_error"),
        (#"{"type":"direct_message","target_client_id":1,"message":1}"#, "invalid_format"),
        (#"{"type":"direct_message","target_client_id":1,"id":"","message":1}"#, "invalid_format"),
    ])
    func `the shape is looked at first, then the values`(text: String, errorType: String) {
        #expect(ControlMessage.scan(text.utf8Span.span).fault?.errorType == errorType)
    }

    @Test func `a target has 1 to 128 bytes`() {
        for (id, isGood) in [
            ("x", true), (String(repeating: "x", count: 127), true),
            (String(repeating: "x", count: 128), true), (String(repeating: "x", count: 129), false),
            (String(repeating: "x", count: 1_280), false),
            (String(repeating: "é", count: 64), true),
            (String(repeating: #"\u00e9"#, count: 64), true),
            (String(repeating: #"\u00e9"#, count: 65), false),
        ] {
            let text = #"{"type":"direct_message","target_client_id":"\#(id)","message":1}"#
            #expect((ControlMessage.scan(text.utf8Span.span).fault == nil) == isGood)
        }
    }

    @Test func `an ordinary text may have any id`() {
        for id in ["1", "null", #""""#, #""x""#] {
            let text = #"{"type":"note","id":\#(id)}"#
            #expect(ControlMessage.scan(text.utf8Span.span).fault == nil)
        }
    }
}
