internal import FoundationEssentials
public import Settings

/// The public keys of the instances of one service, in a folder: `SERVICE.pub`, and `SERVICE-….pub` or `SERVICE.….pub` while keys are
/// being exchanged.
public struct KnownKeys: Hashable, Sendable {
    /// What is wrong with the folder. Reads aloud: "no public key of preprocessor is in /etc/sluice/keys: …".
    public struct Failure: Error, Hashable, CustomStringConvertible, Sendable {
        public let description: String
        public var isRetriable: Bool { false }
    }

    public let directory: String
    public let service: String

    public init(directory: String, service: String) {
        self.directory = directory
        self.service = service
    }

    /// Reads the folder. Small files; blocks for as long as the disk does. A file that cannot be taken, as while somebody copies it, is left
    /// out when there is another one.
    ///
    /// - Throws: ``Failure`` when the folder cannot be read, or no file of the service's holds a key that can be taken.
    public func read() throws(Failure) -> Set<CurveKey> {
        let files = try look().values
        let keys = Set(files.compactMap { try? $0.get() })
        guard !keys.isEmpty else {
            if case .failure(let failure) = files.first { throw failure }
            throw Failure(
                description: "no public key of \(service) is in \(directory): sluice keygen makes \(service).pub")
        }
        return keys
    }

    /// The keys by the names of their files, and what is wrong with those that cannot be taken.
    ///
    /// - Throws: ``Failure`` when the folder cannot be read.
    func look() throws(Failure) -> [String: Result<CurveKey, Failure>] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw Failure(description: "cannot read the folder of known keys \(directory)")
        }
        try Self.check(directory)
        var keys: [String: Result<CurveKey, Failure>] = [:]
        for name in names where isOfService(name) {
            keys[name] = Result { () throws(Failure) in try key(in: "\(directory)/\(name)") }
        }
        return keys
    }

    /// The one under the service's plain name: what a downstream expects of its upstream.
    ///
    /// - Throws: ``Failure`` when there is none.
    public func main() throws(Failure) -> CurveKey {
        try key(in: "\(directory)/\(service).pub")
    }

    private func isOfService(_ name: String) -> Bool {
        guard name.hasSuffix(".pub"), name.hasPrefix(service) else { return false }
        let rest = name.dropFirst(service.count)
        return rest.hasPrefix(".") || rest.hasPrefix("-")
    }

    private static func check(_ path: String) throws(Failure) {
        if let breach = FileTrust.written.breach(of: path) { throw Failure(description: "\(breach)") }
    }

    private func key(in file: String) throws(Failure) -> CurveKey {
        guard let (text, breach) = FileTrust.written.read(file) else {
            throw Failure(description: "cannot read \(file), the public key of \(service): sluice keygen makes it")
        }
        if let breach { throw Failure(description: "\(breach)") }
        guard let key = text.split(whereSeparator: \.isWhitespace).first.flatMap({ CurveKey($0) }) else {
            throw Failure(description: "\(file) holds no public CURVE key: sluice keygen makes one of 40 characters")
        }
        return key
    }
}
