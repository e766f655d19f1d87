internal import CMosquitto
internal import Glibc
internal import IOLoop
internal import ZeroMQ

/// Coming and going.
extension MQTTClient {
    var connectAction: String { "connect to \(options.address)" }

    private var currentAction: String {
        state == .connected ? "keep the connection to \(options.address)" : connectAction
    }

    func startAttempt() {
        guard !isDisconnectRequested, state != .closed else { return }
        state = .connecting
        generation += 1
        let current = generation
        retry = EventLoop.schedule(after: options.connectTimeout) { [weak self] in self?.giveUpAttempt(current) }
        guard needsLookup else { return open(options.host) }
        let options = options
        Task { @IOThread [weak self] in
            let found = await HostLookup.addresses(of: options.host)
            self?.didResolve(found, for: current)
        }
    }

    /// libmosquitto would look the name up on this thread, and try its first address alone.
    private var needsLookup: Bool { options.port != 0 && !HostLookup.isNumeric(options.host) }

    private func didResolve(_ found: Result<[String], HostLookup.Failure>, for wanted: Int) {
        guard wanted == generation, state == .connecting else { return }
        switch found {
        case .failure(let failure): fail(.nameNotFound(connectAction, failure.code))
        // The name is what a certificate is checked against. It was just resolved, so it resolves quickly again.
        case .success where options.encryption != nil: open(options.host)
        case .success(let addresses): open(addresses[attempt % addresses.count])
        }
    }

    private func open(_ host: String) {
        guard let handle else { return }
        heldAcknowledgements = 0
        isFlushing = false
        libraryWords = nil
        if options.encryption != nil { listenToLog(of: handle.pointer, true) }
        do throws(MQTTError) {
            try handle.startConnecting(to: host, version)
            watch = EventLoop.watch(descriptor: handle.descriptor, for: [.readable, .writable]) { [weak self] found in
                self?.ready(found)
            }
        } catch {
            fail(error)
        }
    }

    /// The socket has something to tell and is not connected: TCP could not be established. Under TLS libmosquitto
    /// does not notice, and may have taken the reason from the socket before us.
    func noticeRefusal() {
        guard let descriptor = handle?.descriptor, descriptor >= 0 else { return }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        if code != 0 {
            errno = code
            lastFailure = .library(connectAction, MOSQ_ERR_ERRNO.code)
        } else if !isConnected(descriptor) {
            lastFailure = .library(connectAction, MOSQ_ERR_CONN_REFUSED.code)
        }
    }

    private func isConnected(_ descriptor: Int32) -> Bool {
        var peer = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) == 0 }
        }
    }

    private func giveUpAttempt(_ wanted: Int) {
        guard wanted == generation, state == .connecting else { return }
        fail(.timedOut(connectAction, after: options.connectTimeout))
    }

    /// CONNACK. The session's messages may follow in the same read, so what listens for them is set here.
    func didReceiveConnectAnswer(reason: Int32, sessionPresent: Bool) {
        guard reason == 0, let handle else {
            let words = version == .v5 ? mosquitto_reason_string(reason) : mosquitto_connack_string(reason)
            lastFailure = .broker(connectAction, reason, words)
            return
        }
        retry?.cancel()
        retry = nil
        attempt = 0
        state = .connected
        counters.connects += 1
        readSinceResume = true
        if sessionPresent { redelivery.open() } else { redelivery.close() }
        listenToLog(of: handle.pointer, redelivery.isOpen)
        onEvent?(.connected(sessionPresent: sessionPresent))
    }

    /// libmosquitto has closed the socket, or is about to.
    func didLoseConnection(_ code: Int32) {
        guard !isDisconnectRequested, lastFailure == nil else { return }
        let action = currentAction
        // From MQTT 5's 0x80 on these are reason codes of the broker's DISCONNECT.
        lastFailure = code >= 0x80 ? .broker(action, code, mosquitto_reason_string(code)) : .library(action, code)
    }

    /// Called after every call into the library: does what its callbacks asked for.
    func settle() {
        guard insideLibrary == 0 else { return }
        if isDisconnectRequested {
            performDisconnect()
            if state == .closed { tearDown() }
        } else if let error = lastFailure {
            lastFailure = nil
            fail(error)
        } else if (state == .connected || state == .connecting) && watch != nil && handle?.descriptor == -1 {
            fail(.library(currentAction, MOSQ_ERR_CONN_LOST.code))
        } else {
            updateInterest()
        }
    }

    private func fail(_ error: MQTTError) {
        let wasConnected = state == .connected
        let error = wasConnected ? error : error.with(libraryWords)
        libraryWords = nil
        dropConnection()
        failSubscriptions(error)
        if wasConnected { counters.disconnects += 1 }
        state = .waiting
        let delay = options.backoff.delay(attempt: attempt, chance: .random(in: 0...1))
        attempt += 1
        retry = EventLoop.schedule(after: delay) { [weak self] in self?.startAttempt() }
        onEvent?(.disconnected(error))
    }

    func performDisconnect() {
        let wasConnected = state == .connected
        if wasConnected, heldAcknowledgements == 0, let handle {
            insideLibrary += 1
            mosquitto_disconnect(handle.pointer)
            mosquitto_loop_write(handle.pointer, 1)
            insideLibrary -= 1
        }
        dropConnection()
        housekeeping?.cancel()
        housekeeping = nil
        lastFailure = nil
        failSubscriptions(.notConnected("finish what was under way to \(options.address)"))
        guard state != .closed else { return }
        state = .idle
        if wasConnected { counters.disconnects += 1 }
        onEvent?(.disconnected(nil))
    }

    /// Forgets the socket. What libmosquitto has not closed is closed by the next attempt, or with the handle.
    func dropConnection() {
        watch?.cancel()
        watch = nil
        retry?.cancel()
        retry = nil
        redelivery.close()
        heldAcknowledgements = 0
        isFlushing = false
        isReadingHeld = false
        if let descriptor = handle?.descriptor, descriptor >= 0 { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
}
