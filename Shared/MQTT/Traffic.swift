internal import CMosquitto
internal import Glibc
internal import IOLoop
internal import ZeroMQ

/// Reading, writing and keeping alive.
extension MQTTClient {
    func ready(_ found: Readiness) {
        if state == .connecting {
            noticeRefusal()
            // TCP may just have come up: TLS is driven by reads, CONNECT leaves by a write.
            if lastFailure == nil { read() }
            if handle?.descriptor ?? -1 >= 0, lastFailure == nil { write() }
        } else {
            if found.contains(.writable) { write() }
            if found.contains(.readable), isListening { read() }
            if found == .failed { noticeFailure() }
        }
        settle()
    }

    /// The peer has hung up while we do not read. What it had sent comes again, if it was worth keeping.
    private func noticeFailure() {
        guard lastFailure == nil, isReadingPaused || isFlushing else { return read() }
        lastFailure = .library("keep the connection to \(options.address)", MOSQ_ERR_CONN_LOST.code)
    }

    private func read() {
        guard let handle else { return }
        messagesInBurst = 0
        isBurstEnded = false
        insideLibrary += 1
        while mayReadOn {
            errno = 0
            let code = mosquitto_loop_read(handle.pointer, 1)
            // errno may be an older one than of the last read; what TLS holds is there to be read all the same.
            if code != MOSQ_ERR_SUCCESS.code || (errno == EAGAIN && !handle.hasDecrypted) { break }
            // Until CONNACK has come errno tells nothing: TLS without TCP would be tried for ever.
            if state == .connecting && !handle.hasDecrypted { break }
        }
        insideLibrary -= 1
        readSinceResume = true
        if messagesInBurst > 0 { onReadBurst?() }
        if options.acknowledgement == .automatic { write() }
    }

    private var isListening: Bool { !isReadingPaused && !isReadingHeld && !isFlushing }

    private var mayReadOn: Bool {
        messagesInBurst < options.burstLimit && !isBurstEnded && isListening && !isDisconnectRequested
            && lastFailure == nil && (handle?.descriptor ?? -1) >= 0
    }

    /// Writes all that is queued, in full segments.
    func write() {
        guard let handle, mosquitto_want_write(handle.pointer), mayWrite else { return }
        let descriptor = handle.descriptor
        insideLibrary += 1
        sluice_cork(descriptor, 1)
        mosquitto_loop_write(handle.pointer, 1)
        if handle.descriptor == descriptor { sluice_cork(descriptor, 0) }
        insideLibrary -= 1
        if isFlushing, !mosquitto_want_write(handle.pointer) { isFlushing = false }
    }

    /// PUBACKs of messages that are not durable yet are in the queue, and it can only be written whole.
    private var mayWrite: Bool { options.acknowledgement == .automatic || heldAcknowledgements == 0 }

    func updateInterest() {
        guard let watch, let handle, state == .connected || state == .connecting else { return }
        var interest: Readiness = []
        if isListening { interest.insert(.readable) }
        if mosquitto_want_write(handle.pointer) && mayWrite { interest.insert(.writable) }
        watch.interest = interest
        if interest.contains(.readable), handle.hasDecrypted { readSoon() }
    }

    /// The loop will not call for what TLS has decrypted already.
    private func readSoon() {
        guard !isReadDue else { return }
        isReadDue = true
        _ = EventLoop.schedule(after: .zero) { [weak self] in
            guard let self else { return }
            isReadDue = false
            guard watch != nil, isListening else { return }
            read()
            settle()
        }
    }

    /// Something was queued outside of the loop's own calls.
    func wantWrite() {
        if insideLibrary == 0 { updateInterest() }
    }

    func didReceive(_ message: MQTTMessage) {
        var message = message
        message.duplicate = redelivery.duplicate
        messagesInBurst += 1
        counters.receivedMessages += 1
        counters.receivedBytes += UInt64(message.payload.count)
        if options.acknowledgement == .deferred, message.qos != .atMostOnce { heldAcknowledgements += 1 }
        if redelivery.isOpen, redelivery.delivered(qos: message.qos), let handle {
            redelivery.close()
            listenToLog(of: handle.pointer, false)
        }
        onMessage?(message)
    }

    func didLog(_ level: Int32, _ line: UnsafePointer<CChar>) {
        if level == Int32(MOSQ_LOG_ERR), state == .connecting, libraryWords == nil {
            libraryWords = String(cString: line)
        }
        guard let duplicate = publishLine.duplicateFlag(in: line) else { return }
        redelivery.announce(duplicate: duplicate)
    }

    /// Every second. libmosquitto sends PINGREQ when it is time, and closes when no answer comes.
    func tick() {
        guard state == .connected, let handle else { return }
        if isReadingPaused {
            keepAliveWhilePaused(handle)
        } else if readSinceResume {
            insideLibrary += 1
            mosquitto_loop_misc(handle.pointer)
            insideLibrary -= 1
        }
        settle()
    }

    /// The answer to a PINGREQ would wait unread behind the messages, and libmosquitto would take the broker for
    /// dead. Any packet keeps us alive in the broker's eyes: UNSUBSCRIBE for a filter that nobody has changes nothing.
    private func keepAliveWhilePaused(_ handle: Handle) {
        ticksSincePausedKeepAlive += 1
        guard Int64(ticksSincePausedKeepAlive) * 2 >= options.keepAlive.components.seconds else { return }
        ticksSincePausedKeepAlive = 0
        mosquitto_unsubscribe(handle.pointer, nil, "sluice/keep-alive/nobody")
    }
}

extension MQTTClient {
    /// Leaves further messages in the socket, so that the broker feels it. The connection stays alive.
    public func pauseReading() {
        isReadingPaused = true
        ticksSincePausedKeepAlive = 0
        if insideLibrary == 0 { updateInterest() }
    }

    public func resumeReading() {
        guard isReadingPaused else { return }
        isReadingPaused = false
        readSinceResume = false
        if insideLibrary == 0 { updateInterest() }
    }

    /// Leaves messages in the socket for some milliseconds, so that they are read together. Longer than that: ``pauseReading()``.
    public func holdReading() {
        isReadingHeld = true
        if insideLibrary == 0 { updateInterest() }
    }

    /// Reads at once what has come since ``holdReading()``.
    public func readOn() {
        guard isReadingHeld else { return }
        isReadingHeld = false
        guard state == .connected, isListening else { return }
        read()
        settle()
    }

    /// Ends ``holdReading()`` without reading.
    public func releaseReading() {
        isReadingHeld = false
        if insideLibrary == 0 { updateInterest() }
    }

    /// From `onMessage`: reads no further before ``onReadBurst`` has been called.
    public func endBurst() {
        isBurstEnded = true
    }

    /// Acknowledges everything that was delivered. Call it only when all of it is durable.
    public func flushAcknowledgements() {
        heldAcknowledgements = 0
        guard state == .connected, let handle else { return }
        write()
        isFlushing = options.acknowledgement == .deferred && mosquitto_want_write(handle.pointer)
        settle()
    }
}
