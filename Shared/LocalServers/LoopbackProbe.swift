import Glibc

/// Asks a server on the loopback interface one question and looks at the start of its answer.
struct LoopbackProbe {
    let question: [UInt8]
    let answerPrefix: [UInt8]

    /// CONNECT of MQTT 3.1.1 with an empty client id and a clean session; CONNACK with code 0.
    static let mqtt = LoopbackProbe(
        question: [0x10, 0x0C, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0], answerPrefix: [0x20, 2, 0, 0])
    static let redis = LoopbackProbe(question: Array("PING\r\n".utf8), answerPrefix: Array("+PONG".utf8))

    /// Whether the server answers as expected within a second.
    func succeeds(at port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard connected(descriptor, to: port) else { return false }
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else {
            return false
        }
        var answer = [UInt8](repeating: 0, count: answerPrefix.count)
        let count = recv(descriptor, &answer, answer.count, Int32(MSG_WAITALL))
        return count == answer.count && answer == answerPrefix
    }

    private func connected(_ descriptor: Int32, to port: UInt16) -> Bool {
        var address = sockaddr_in(loopbackPort: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
    }
}
