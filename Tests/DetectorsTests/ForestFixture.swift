import Detectors
import Foundation

/// What `Fixtures/isolation-forest/make.py` wrote.
enum ForestFixture {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
        path: "Fixtures/isolation-forest")

    static func path(_ file: String) -> String { folder.appending(path: file).path }

    static func bytes(_ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: file)))
    }

    static func forest(_ name: String) throws -> IsolationForest {
        try IsolationForest(modelFile: path("\(name).json"))
    }

    /// Numbers of a file with a heading.
    static func rows(_ file: String) throws -> [[Double]] {
        try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",").map { Double($0) ?? .nan }
        }
    }
}
