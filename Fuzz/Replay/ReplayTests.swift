import FoundationEssentials
import Testing

/// Every input that was ever worth keeping, through its target again, without the fuzzer.
@Suite("The corpora of the fuzz targets")
struct ReplayTests {
    @Test("No kept input breaks a property of its target", arguments: FuzzTarget.all.map(\.name))
    func replay(_ name: String) async throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Corpus.inputs(of: name)
        #expect(inputs.count >= 8, "\(name) has a corpus")
        // FoundationEssentials leaks when it reads an empty file, which LeakSanitizer would tell of.
        #expect(inputs.allSatisfy { !$0.bytes.isEmpty }, "\(name) has an empty file")
        let findings = await onOwnThread {
            ([("nothing", [])] + inputs).compactMap { (file, bytes) -> String? in
                do throws(Finding) {
                    try target.run(bytes.span)
                    return nil
                } catch {
                    return "\(name)/\(file): \(error)"
                }
            }
        }
        #expect(findings.isEmpty)
    }

    @Test("Each corpus belongs to a target, and each target has a dictionary or needs none")
    func corporaAreKnown() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Corpus.folder)
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}

private enum Corpus {
    static let folder =
        "\(#filePath)".split(separator: "/").dropLast(2)
        .reduce("") { "\($0)/\($1)" } + "/Corpora"

    static func inputs(of target: String) throws -> [(file: String, bytes: [UInt8])] {
        let folder = "\(folder)/\(target)"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { file in
            let data = try Data(contentsOf: URL(filePath: "\(folder)/\(file)"))
            return (file, [UInt8](data))
        }
    }
}
