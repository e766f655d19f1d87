import Foundation
import Processes
import TestServers
import Testing

/// An authority and a server's certificate that it signed, in a folder of their own.
struct Certificates {
    private let folder: String

    static func make() async throws -> Certificates {
        let certificates = Certificates(folder: try TestDirectory.make())
        try await certificates.sign("ca", ["-addext", "keyUsage=critical,keyCertSign"])
        let authority = ["-CA", certificates.path("ca.pem"), "-CAkey", certificates.path("ca.key")]
        try await certificates.sign("server", authority + ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        return certificates
    }

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    private func sign(_ name: String, _ arguments: [String]) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        let files = ["-keyout", path("\(name).key"), "-out", path("\(name).pem")]
        let request = ["req", "-x509", "-days", "2", "-subj", "/CN=\(name)"] + key + files + arguments
        let (status, text) = try await Command("/usr/bin/openssl", request).run()
        try #require(status == .exited(0), "openssl made no certificate of \(name): \(text)")
    }
}
