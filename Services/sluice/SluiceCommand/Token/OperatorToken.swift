import FoundationEssentials
import Glibc
import Platform
import Processes
import Settings

/// What opens the pages of services that require a token: that of the settings, or else one that `sluice up` makes once for
/// each data directory.
enum OperatorToken {
    /// That of the settings which the services share; nil when there is none.
    ///
    /// - Throws: `InvalidSettings`.
    static func configured(_ config: String?, environment: [String: String]) throws -> Secret? {
        try SettingsFile.document(config, environment: environment).decode(SharedHTTPSection.self).token
    }

    /// Makes one where there is none yet. Whoever calls it holds the directory's lock.
    ///
    /// - Throws: ``SystemCallError``.
    static func make(in directory: DataDirectory) throws {
        guard access(directory.operatorToken, F_OK) != 0 else { return }
        // Whole or not at all: half a token would be one that can be guessed.
        let temporary = "\(directory.operatorToken).\(getpid())"
        unlink(temporary)
        let descriptor = try SystemCallError.check("create", temporary) {
            open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        }
        defer { close(descriptor) }
        let token = Array(random().utf8)
        let written = write(descriptor, token, token.count)
        guard written == token.count, fsync(descriptor) == 0 else {
            throw SystemCallError(call: "write", subject: temporary)
        }
        try SystemCallError.check("rename", temporary) { rename(temporary, directory.operatorToken) }
    }

    /// The one that ``make(in:)`` left there; nil when there is none.
    ///
    /// - Throws: ``SystemCallError`` when this user may not read it.
    static func made(in directory: DataDirectory) throws -> Secret? {
        guard access(directory.operatorToken, R_OK) == 0 else {
            if errno == ENOENT { return nil }
            throw SystemCallError(call: "read", subject: directory.operatorToken)
        }
        guard let bytes = FileManager.default.contents(atPath: directory.operatorToken) else { return nil }
        return Secret(String(decoding: bytes, as: UTF8.self).trimmed(of: \.isNewline))
    }

    /// 256 bits from the kernel, in hexadecimal, and the end of the line.
    private static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<4).map { _ in String(generator.next(), radix: 16) }
        return words.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined() + "\n"
    }
}

/// `http.operator_token`
private struct SharedHTTPSection: SettingsSection {
    static let section = "http"
    let token: Secret?

    init(from reader: SettingsReader) {
        token = HTTPSettings(from: reader).operatorToken
    }
}
