import Foundation
import Glibc
import Processes
import ZeroMQ

/// Where the keys of the pipes lie: `SERVICE.key`, and `known/SERVICE.pub`.
struct KeyFolder {
    struct Pair: Encodable {
        let name: String
        let publicKey: String
        let secretKeyFile: String
        let publicKeyFile: String

        enum CodingKeys: String, CodingKey {
            case name
            case publicKey = "public_key"
            case secretKeyFile = "secret_key_file"
            case publicKeyFile = "public_key_file"
        }
    }

    /// Somebody runs on it.
    struct AlreadyThere: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(path) is there already: services may run on it. Move it away first, or take another --directory"
        }
    }

    let path: String
    var known: String { "\(path)/known" }

    /// All, or none when one of them is there already.
    ///
    /// - Throws: ``AlreadyThere``, `SystemCallError`, `ZeroMQError`.
    func makePairs(for names: [String]) throws -> [Pair] {
        for file in names.flatMap({ [secretFile($0), publicFile($0)] }) where access(file, F_OK) == 0 {
            throw AlreadyThere(path: file)
        }
        try FileManager.default.createDirectory(atPath: known, withIntermediateDirectories: true)
        return try names.map(makePair)
    }

    private func makePair(for name: String) throws -> Pair {
        let keys = try CurveKeyPair()
        try write(keys.secretKey, to: secretFile(name), mode: 0o600)
        try write(keys.publicKey, to: publicFile(name), mode: 0o644)
        return Pair(
            name: name, publicKey: keys.publicKey, secretKeyFile: secretFile(name), publicKeyFile: publicFile(name))
    }

    private func secretFile(_ name: String) -> String { "\(path)/\(name).key" }
    private func publicFile(_ name: String) -> String { "\(known)/\(name).pub" }

    /// Never over another file, and never for a moment with another mode.
    private func write(_ text: String, to file: String, mode: mode_t) throws {
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
