import FoundationEssentials
import Glibc
import Platform
import Processes
import Settings
import ZeroMQ

/// Where the keys of the pipes lie: `SERVICE.key`, and `known/SERVICE.pub`.
struct KeyFolder {
    struct Pair: Encodable {
        let name: String
        let publicKey: String
        let secretKeyFile: String
        let publicKeyFile: String
        /// False for one that was there already.
        let isNew: Bool

        enum CodingKeys: String, CodingKey {
            case name
            case publicKey = "public_key"
            case secretKeyFile = "secret_key_file"
            case publicKeyFile = "public_key_file"
            case isNew = "new"
        }
    }

    /// Somebody runs on it.
    struct AlreadyThere: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(path) is there already: services may run on it. Move it away first, take another --directory, or make "
                + "only what is --missing"
        }
    }

    /// A pair of which the two halves do not make one.
    struct BrokenPair: Error, CustomStringConvertible {
        let description: String
    }

    let path: String
    var known: String { "\(path)/known" }

    /// All, or none when one of them is there already.
    ///
    /// - Throws: ``AlreadyThere``, `SystemCallError`, `ZeroMQError`.
    func makePairs(for names: [String]) throws -> [Pair] {
        for file in names.flatMap({ [secretFile($0), publicFile($0)] }) where exists(file) {
            throw AlreadyThere(path: file)
        }
        try makeFolders()
        return try names.map(makePair)
    }

    /// Those that are not there; a public key that is not beside its secret one is derived from it.
    ///
    /// - Throws: ``BrokenPair``, `SystemCallError`, `ZeroMQError`.
    func makeMissing(for names: [String]) throws -> [Pair] {
        try makeFolders()
        return try names.map { name in
            switch (exists(secretFile(name)), exists(publicFile(name))) {
            case (false, false): return try makePair(for: name)
            case (true, false): return try completePair(of: name)
            case (true, true): return try checkPair(of: name)
            case (false, true):
                throw BrokenPair(
                    description: "\(publicFile(name)) is there and \(secretFile(name)) is not: put the secret "
                        + "key back, or move the public one away for a new pair")
            }
        }
    }

    private func makeFolders() throws {
        // Services refuse a folder that others may write, whatever the umask.
        try FileManager.default.createDirectory(
            atPath: known, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    private func makePair(for name: String) throws -> Pair {
        let keys = try CurveKeyPair()
        try write(keys.secretKey, to: secretFile(name), mode: 0o600)
        try write(keys.publicKey, to: publicFile(name), mode: 0o644)
        return pair(name, keys, isNew: true)
    }

    private func completePair(of name: String) throws -> Pair {
        let keys = try readPair(of: name)
        try write(keys.publicKey, to: publicFile(name), mode: 0o644)
        return pair(name, keys, isNew: true)
    }

    private func checkPair(of name: String) throws -> Pair {
        let keys = try readPair(of: name)
        guard try read(publicFile(name)) == keys.publicKey else {
            throw BrokenPair(
                description: "\(publicFile(name)) is not the public key of \(secretFile(name)): move it away, and "
                    + "it is made from the secret one")
        }
        return pair(name, keys, isNew: false)
    }

    private func pair(_ name: String, _ keys: CurveKeyPair, isNew: Bool) -> Pair {
        Pair(
            name: name, publicKey: keys.publicKey, secretKeyFile: secretFile(name), publicKeyFile: publicFile(name),
            isNew: isNew)
    }

    private func readPair(of name: String) throws -> CurveKeyPair {
        let text = try read(secretFile(name))
        guard CurveKey(text) != nil else {
            throw BrokenPair(
                description: "\(secretFile(name)) holds no key: move it away, and \(publicFile(name)), for a new pair")
        }
        return try CurveKeyPair(secretKey: text)
    }

    private func read(_ file: String) throws -> String {
        try String(contentsOfFile: file, encoding: .utf8).trimmed
    }

    private func exists(_ file: String) -> Bool { access(file, F_OK) == 0 }
    private func secretFile(_ name: String) -> String { "\(path)/\(name).key" }
    private func publicFile(_ name: String) -> String { "\(known)/\(name).pub" }

    /// Whole or not at all, never over another file, and never for a moment with another mode.
    private func write(_ text: String, to file: String, mode: mode_t) throws {
        let draft = file + ".new"
        // Of one that was interrupted.
        unlink(draft)
        defer { unlink(draft) }
        try fill(draft, text, mode: mode)
        try SystemCallError.check("create", file) { link(draft, file) }
    }

    private func fill(_ file: String, _ text: String, mode: mode_t) throws {
        let descriptor = try SystemCallError.check("create", file) {
            open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        }
        defer { close(descriptor) }
        let bytes = Array((text + "\n").utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw SystemCallError(call: "write", subject: file)
        }
    }
}
