import Foundation

/// An authority, and certificates that it signed, in a folder of their own: `ca`, `server` and `client`, each `.pem` and `.key`.
public struct Certificates: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let folder: String

    /// - Parameters:
    ///   - names: of the server's certificate, as in `IP:127.0.0.1`.
    ///   - client: the client's common name.
    /// - Throws: ``Failure``.
    public init(names: String = "IP:127.0.0.1,DNS:localhost", client: String = "client") throws {
        folder = "\(try TestDirectory.make())/certificates"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try make("ca", ["-addext", "keyUsage=critical,keyCertSign"])
        let signed = ["-CA", path("ca.pem"), "-CAkey", path("ca.key")]
        try make("server", signed + ["-addext", "subjectAltName=\(names)"])
        try make("client", name: client, signed)
    }

    public func path(_ file: String) -> String { "\(folder)/\(file)" }

    /// Makes a key its owner's alone, as our own servers want it.
    ///
    /// - Throws: the error of the file system.
    public func protect(_ file: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(file))
    }

    /// For a listener of mosquitto.
    public var brokerSettings: String {
        "cafile \(path("ca.pem"))\ncertfile \(path("server.pem"))\nkeyfile \(path("server.key"))"
    }

    private func make(_ file: String, name: String? = nil, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments =
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name ?? file)", "-keyout", path("\(file).key"), "-out", path("\(file).pem"),
            ] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "openssl could not make the certificate of \(file)")
        }
        // Mosquitto drops root's rights before it reads the key.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path("\(file).key"))
    }
}
