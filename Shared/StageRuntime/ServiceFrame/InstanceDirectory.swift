import FoundationEssentials
import Glibc
import Settings

/// A running instance, as it tells the others in `DIR/<instance>.json`.
public struct InstanceRecord: Codable, Hashable, Sendable {
    public var name: String
    public var instance: String
    public var pid: Int32
    /// Of its HTTP server; nil until it listens.
    public var url: String?
    /// Where downstream connects; nil when it has no pipe, or not yet.
    public var pipe: String?
    public var state: String
    public var version: String

    public init(
        name: String, instance: String, pid: Int32, url: String? = nil, pipe: String? = nil,
        state: String = "starting", version: String
    ) {
        self.name = name
        self.instance = instance
        self.pid = pid
        self.url = url
        self.pipe = pipe
        self.state = state
        self.version = version
    }

    /// Whether its process exists; a killed one leaves its record behind.
    public var isAlive: Bool {
        kill(pid, 0) == 0 || errno == EPERM
    }
}

/// The folder where the instances of one machine find each other.
public struct InstanceDirectory: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// Those that can be read, by instance. A record that is no record is somebody else's file, and left out; so is one that others
    /// may write: it says where the operators' token is sent.
    public func records() -> [InstanceRecord] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.sorted().compactMap { file in
            guard let (text, breach) = FileTrust.written.read("\(path)/\(file)"), breach == nil else { return nil }
            return try? JSONDecoder().decode(InstanceRecord.self, from: Data(text.utf8))
        }
    }

    /// Readers see the old record or the new one, never half of one.
    func write(_ record: InstanceRecord) throws {
        // Others believe what stands here: nobody but the owner may write it, whatever the umask.
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let draft = URL(fileURLWithPath: path).appendingPathComponent(".\(record.instance).\(record.pid)")
        try encoder.encode(record).write(to: draft)
        guard chmod(draft.path, 0o644) == 0, rename(draft.path, file(of: record.instance).path) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    /// Only its own: a second process of that name, which could not start, must not hide the first one.
    func remove(_ record: InstanceRecord) {
        let file = file(of: record.instance)
        guard let data = FileManager.default.contents(atPath: file.path),
            let written = try? JSONDecoder().decode(InstanceRecord.self, from: data), written.pid == record.pid
        else { return }
        unlink(file.path)
    }

    private func file(of instance: String) -> URL {
        URL(fileURLWithPath: path).appendingPathComponent("\(instance).json")
    }
}
