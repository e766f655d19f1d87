import Foundation
import Platform
import Testing

struct PlatformTests {
    @Test(arguments: [("  a b\r\n", "a b"), ("\u{A0}ä\u{2003}", "ä"), (" \t", ""), ("", ""), ("x", "x")])
    func `white space goes from both ends and from nowhere else`(text: String, trimmed: String) {
        #expect(text.trimmed == trimmed)
    }

    @Test func `only the characters that are named go`() {
        #expect("[::1]".trimmed { "[]".contains($0) } == "::1")
    }

    @Test(arguments: [0, 1, 2.345, -0.004, 1e21, .greatestFiniteMagnitude, .infinity, .nan])
    func `numbers are written as C writes them`(number: Double) {
        #expect(number.fixed(2) == String(format: "%.2f", number))
        #expect(number.significant(4) == String(format: "%.4g", number))
    }

    @Test func `a file is read and written where one is in it`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "open-file-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("0123456789".utf8).write(to: URL(filePath: path))
        let file = try OpenFile(path, for: .update)
        #expect(try file.seekToEnd() == 10)
        try file.seek(to: 4)
        try file.write(Array("abc".utf8))
        #expect(try file.read(upTo: 100) == Array("789".utf8))
        #expect(try file.read(upTo: 100).isEmpty)
        try file.synchronize()
        #expect(FileManager.default.contents(atPath: path) == Data("0123abc789".utf8))
    }

    @Test func `a file that is not there is an error that reads aloud`() {
        let error = #expect(throws: FileError.self) { try OpenFile("/nonexistent/file") }
        #expect(error?.description == "cannot open /nonexistent/file: no such file or directory (errno 2)")
    }

    @Test func `any JSON comes back as it was`() throws {
        let text = #"{"a":[null,true,1,-2.5,"1"],"b":{"c":9007199254740993}}"#
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == text)
    }

    @Test func `a detached thread is another one`() async throws {
        let (threads, told) = AsyncStream.makeStream(of: pthread_t.self)
        try detachThread { told.yield(pthread_self()) }
        var them = threads.makeAsyncIterator()
        #expect(await them.next() != pthread_self())
    }
}
