import FoundationEssentials
import Glibc
import Processes

/// The folder of one Sluice: its servers' data, spools, logs, ports and state.
struct DataDirectory: Sendable {
    /// Absolute, since child processes start elsewhere.
    let path: String

    init(path: String) {
        self.path = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
            .replacing(/\/+$/, with: "")
    }

    var lock: String { "\(path)/lock" }
    var state: String { "\(path)/state.json" }
    var scale: String { "\(path)/scale.json" }
    var ports: String { "\(path)/ports.json" }
    var operatorToken: String { "\(path)/operator-token" }
    var logs: String { "\(path)/log" }
    var registry: String { "\(path)/registry" }
    var spools: String { "\(path)/spool" }

    func log(of name: String) -> String { "\(logs)/\(name).log" }

    /// Makes the folders that are not there.
    ///
    /// - Throws: ``SystemCallError``.
    func create() throws {
        for folder in [path, logs, registry, spools] { try Self.make(folder) }
    }

    /// A folder of this process alone.
    static func temporary(for purpose: String) -> DataDirectory {
        DataDirectory(path: FileManager.default.temporaryDirectory.path + "/sluice-\(purpose)-\(getpid())")
    }

    /// With everything in it, once nothing runs there.
    func remove() {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            Console.warn("cannot remove \(path): \(error)")
        }
    }

    /// Of an instance that is gone. It may have been killed, and then the record is still there.
    func removeRecord(of instance: String) {
        unlink("\(registry)/\(instance).json")
    }

    /// As `mkdir -p` does; for nobody else to write, since services refuse such a registry.
    private static func make(_ folder: String) throws {
        if mkdir(folder, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else {
            throw SystemCallError(call: "create", subject: folder)
        }
        try make(String(folder[..<slash]))
        try SystemCallError.check("create", folder) { mkdir(folder, 0o755) }
    }

    /// Empties the registry of instances that are no more.
    func clearRegistry() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: registry) where name.hasSuffix(".json") {
            try FileManager.default.removeItem(atPath: "\(registry)/\(name)")
        }
    }
}

/// Writes a value as JSON so that a reader sees the old file or the new one, never half of it.
func writeJSON(_ value: some Encodable, to path: String, permissions: mode_t = 0o644) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let temporary = "\(path).\(getpid())"
    try encoder.encode(value).write(to: URL(filePath: temporary))
    chmod(temporary, permissions)
    guard rename(temporary, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
}

/// Reads what ``writeJSON(_:to:permissions:)`` wrote; `nil` when there is no such file.
func readJSON<Value: Decodable>(_ type: Value.Type, from path: String) throws -> Value? {
    guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
    return try JSONDecoder().decode(type, from: bytes)
}
