import Glibc

/// Asks a server on the loopback interface one question and takes the start of its answer. Blocks.
public struct LoopbackProbe: Sendable {
    let question: [UInt8]
    let limit: Duration

    /// - Parameter limit: for sending and for each wait for bytes, in whole seconds.
    public init(question: [UInt8], limit: Duration = .seconds(1)) {
        self.question = question
        self.limit = limit
    }

    /// CONNECT of MQTT 3.1.1 with an empty client id and a clean session; the answer is CONNACK with code 0.
    static func mqttAnswers(at port: UInt16) -> Bool {
        let question: [UInt8] = [0x10, 0x0C, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 0]
        return LoopbackProbe(question: question).answer(from: port, upTo: 4) == [0x20, 2, 0, 0]
    }

    static func redisAnswers(at port: UInt16) -> Bool {
        LoopbackProbe(question: Array("PING\r\n".utf8)).answer(from: port, upTo: 5) == Array("+PONG".utf8)
    }

    /// The first bytes of the answer, fewer when the server closes; `nil` when nobody answers in time.
    public func answer(from port: UInt16, upTo size: Int) -> [UInt8]? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        setLimits(descriptor)
        guard connected(descriptor, to: port) else { return nil }
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) == question.count else { return nil }
        var answer = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &answer, size, Int32(MSG_WAITALL))
        return count > 0 ? Array(answer.prefix(count)) : nil
    }

    private func setLimits(_ descriptor: Int32) {
        var wait = timeval(tv_sec: Int(limit.components.seconds), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &wait, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private func connected(_ descriptor: Int32, to port: UInt16) -> Bool {
        var address = sockaddr_in(loopbackPort: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
        }
    }
}
