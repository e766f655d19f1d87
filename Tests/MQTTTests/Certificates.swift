import Foundation
import Testing

/// An authority, and certificates that it signed, in a folder of their own.
struct Certificates {
    let folder: URL

    /// - Parameter names: of the server's certificate, as in `IP:127.0.0.1`.
    init(names: String = "IP:127.0.0.1,DNS:localhost") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try make("ca", ["-addext", "keyUsage=critical,keyCertSign"])
        let signed = ["-CA", path("ca.pem"), "-CAkey", path("ca.key")]
        try make("server", signed + ["-addext", "subjectAltName=\(names)"])
        try make("client", signed)
    }

    func path(_ file: String) -> String { folder.appending(path: file).path }

    var brokerSettings: String {
        "cafile \(path("ca.pem"))\ncertfile \(path("server.pem"))\nkeyfile \(path("server.key"))"
    }

    private func make(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments =
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-keyout", path("\(name).key"), "-out", path("\(name).pem"),
            ] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl could not make the certificate of \(name)")
        // Mosquitto drops root's rights before it reads the key.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path("\(name).key"))
    }
}
