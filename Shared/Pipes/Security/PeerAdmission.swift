internal import IOLoop
internal import Settings
internal import ZeroMQ

/// Says who may connect to this process's pipes: libzmq asks it during each handshake, by the protocol of
/// https://rfc.zeromq.org/spec/27/. One a process, as long as the process.
@IOThread
final class PeerAdmission {
    private static var running: PeerAdmission?
    private static var lastDomain = 0

    private let socket: Socket
    private var watch: Watch?
    private var doors: [String: Door] = [:]

    /// Listens before the first server of it is bound, and never ends: without it libzmq lets everybody in.
    static func shared() throws(ZeroMQError) -> PeerAdmission {
        if let running { return running }
        let admission = try PeerAdmission()
        running = admission
        return admission
    }

    private init() throws(ZeroMQError) {
        socket = try Socket(.router)
        try socket.set(.linger, to: 0)
        try socket.bind("inproc://zeromq.zap.01")
        watch = EventLoop.watch(socket: socket) { [weak self] in self?.receive() }
    }

    /// - Returns: the domain under which libzmq asks for this door.
    func open(_ keys: KnownKeys, _ options: PipeSocketOptions) -> String {
        Self.lastDomain += 1
        let domain = "pipe-\(Self.lastDomain)"
        doors[domain] = Door(keys, onRefusal: options.onRefusal, onDistrust: options.onDistrust)
        return domain
    }

    func close(_ domain: String) {
        doors[domain] = nil
    }

    /// Of pipes that are open.
    var count: Int { doors.count }

    private func receive() {
        for _ in 0..<64 {
            guard let message = (try? socket.receive()) ?? nil else { return }
            guard let request = AdmissionRequest(message) else { continue }
            let isWelcome = admits(request)
            // Whoever asked may be gone by now, and then nobody waits for the answer.
            _ = try? socket.send(request.answer(isWelcome))
        }
    }

    private func admits(_ request: AdmissionRequest) -> Bool {
        guard let door = doors[request.domain] else { return false }
        guard let key = request.key, door.knows(key) else {
            door.onRefusal?(PipeRefusal(failure: .unknownClient, peer: request.address, key: request.key))
            return false
        }
        return true
    }
}

extension PeerAdmission {
    /// One server and whom it lets in.
    @IOThread
    fileprivate final class Door {
        let onRefusal: (@IOThread (PipeRefusal) -> Void)?
        private let onDistrust: (@IOThread (String) -> Void)?
        private let keys: KnownKeys
        /// By file.
        private var known: [String: CurveKey] = [:]
        private var faults = Faults()
        private var readAt: ContinuousClock.Instant?

        init(
            _ keys: KnownKeys, onRefusal: (@IOThread (PipeRefusal) -> Void)?, onDistrust: (@IOThread (String) -> Void)?
        ) {
            self.keys = keys
            self.onRefusal = onRefusal
            self.onDistrust = onDistrust
        }

        /// Reads the folder again at most once a second, however many knock: keys come and go without a restart.
        func knows(_ key: CurveKey) -> Bool {
            if readAt.map({ ContinuousClock.now - $0 > .seconds(1) }) ?? true {
                readAt = .now
                look()
            }
            return known.values.contains(key)
        }

        /// Somebody may be about to write a file: what it held before counts until it can be read again.
        private func look() {
            do throws(KnownKeys.Failure) {
                let found = try keys.look()
                known = known.filter { found[$0.key] != nil }
                var wrong: [String] = []
                for (file, result) in found {
                    switch result {
                    case .success(let key): known[file] = key
                    case .failure(let failure): wrong.append(failure.description)
                    }
                }
                faults.set(wrong, tell: onDistrust)
            } catch {
                faults.set([error.description], tell: onDistrust)
            }
        }
    }
}

extension PipeSocketOptions {
    /// Of an upstream with keys.
    ///
    /// - Returns: the domain of its socket.
    @IOThread
    func openDoor() throws(ZeroMQError) -> String? {
        guard case .clients(let keys) = curve?.peer else { return nil }
        return try PeerAdmission.shared().open(keys, self)
    }
}

/// [routing id] [] "1.0" [request] [domain] [address] [identity] "CURVE" [key]
private struct AdmissionRequest {
    var routing: [UInt8]
    var number: [UInt8]
    var domain: String
    var address: String
    /// Nil without CURVE.
    var key: CurveKey?

    init?(_ message: [[UInt8]]) {
        guard message.count >= 8, message[1].isEmpty, message[2] == Array("1.0".utf8) else { return nil }
        routing = message[0]
        number = message[3]
        domain = String(decoding: message[4], as: UTF8.self)
        address = String(decoding: message[5], as: UTF8.self)
        key = message.count == 9 && message[7] == Array("CURVE".utf8) ? CurveKey(bytes: message[8]) : nil
    }

    func answer(_ isWelcome: Bool) -> [[UInt8]] {
        let (status, text) = isWelcome ? ("200", "OK") : ("400", "unknown key")
        return [routing, [], Array("1.0".utf8), number, Array(status.utf8), Array(text.utf8), [], []]
    }
}
