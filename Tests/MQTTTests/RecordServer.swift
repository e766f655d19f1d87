import Foundation
import Glibc
import LocalServers
import TestServers

/// Stands for a broker that puts many packets into one TLS record: `openssl s_server` with our bytes as its input.
final class RecordServer {
    let port: UInt16
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(certificates: Certificates) throws {
        port = try PortReservation.freePort()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-naccept", "1", "-cert",
            certificates.path("server.pem"), "-key", certificates.path("server.key"),
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }

    /// The client's CONNECT has come.
    var hasHello: Bool {
        let descriptor = output.fileHandleForReading.fileDescriptor
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// At most 16 KiB go out as one record.
    func send(_ bytes: [UInt8]) {
        input.fileHandleForWriting.write(Data(bytes))
    }

    /// CONNACK, so many PUBLISH packets with QoS 2, and the PUBREL of each (MQTT 3.1.1, sections 3.2, 3.3, 3.6).
    static func session(messages: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x20, 2, 0, 0]
        let identifiers = (1...messages).map { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        for identifier in identifiers { bytes += [0x34, 6, 0, 1, UInt8(ascii: "t")] + identifier + [65] }
        for identifier in identifiers { bytes += [0x62, 2] + identifier }
        return bytes
    }
}
