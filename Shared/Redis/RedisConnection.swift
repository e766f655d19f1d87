internal import Glibc
public import IOLoop
internal import ZeroMQ

/// One connection to Redis over hiredis, on the I/O thread: pipelined, bounded, and connecting again by itself.
///
/// While it is not connected, commands fail at once with `not_connected` and nothing is queued: Redis is a cache, and
/// its users refill it when ``observe(_:)`` tells them that it is back.
@IOThread
public final class RedisConnection {
    public typealias Completion = @IOThread (Result<[RedisValue], RedisError>) -> Void

    public nonisolated let configuration: RedisConfiguration
    public private(set) var state = RedisConnectionState.closed

    private let scripts: [RedisScript]
    private var hashes: [RedisScript: String] = [:]
    private let chance: @Sendable () -> Double
    private var backoff: RedisBackoff
    private var observers: [@IOThread (RedisConnectionState) -> Void] = []

    private var context: HiredisContext?
    private var watch: Watch?
    private var isHandshaking = false
    private var pending = PendingReplies()
    private var deadlineTimer: ScheduledTimer?
    private var attemptTimer: ScheduledTimer?
    /// Counts attempts: what an earlier one still has under way finds itself out of date.
    private var attempt = 0

    /// - Parameters:
    ///   - scripts: loaded on every connect, to be called with ``RedisPipeline/beginCall(_:keys:)``.
    ///   - chance: 0…1, for the jitter of reconnecting.
    public init(
        _ configuration: RedisConfiguration, scripts: [RedisScript] = [],
        chance: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.configuration = configuration
        self.scripts = scripts
        self.chance = chance
        backoff = RedisBackoff(first: configuration.firstRetry, last: configuration.lastRetry)
        // hiredis writes without MSG_NOSIGNAL: a server that goes away would otherwise end the process.
        signal(SIGPIPE, SIG_IGN)
    }

    isolated deinit {
        watch?.cancel()
        deadlineTimer?.cancel()
        attemptTimer?.cancel()
    }

    /// Bytes of commands that are not answered yet.
    public var pendingBytes: Int { pending.byteCount }

    /// Calls `observer` on every change of ``state``.
    public func observe(_ observer: @escaping @IOThread (RedisConnectionState) -> Void) {
        observers.append(observer)
    }

    /// Begins to connect, and stays at it until ``close()``. Calling it again does nothing.
    public func start() {
        guard state == .closed else { return }
        beginAttempt()
    }

    /// Ends the connection; what is not answered fails with `closed`.
    public func close() {
        tearDown(failing: RedisError(.closed, "the connection to \(server) was closed here", isRetriable: false))
        backoff.reset()
        change(to: .closed)
    }

    /// Sends `pipeline` and calls `completion` exactly once, on the I/O thread, with one value for each command.
    /// An error reply to a single command is a ``RedisValue/error(_:)`` in its place.
    public func submit(_ pipeline: RedisPipeline, completion: @escaping Completion) {
        if pipeline.isEmpty { return completion(.success([])) }
        guard state.isConnected else { return completion(.failure(notConnected)) }
        guard pending.byteCount + pipeline.byteCount <= configuration.outputLimitBytes else {
            return completion(.failure(outputFull(adding: pipeline.byteCount)))
        }
        enqueue(pipeline, mayCallAgain: true, completion: completion)
    }

    private func enqueue(_ pipeline: RedisPipeline, mayCallAgain: Bool, completion: @escaping Completion) {
        let deadline = ContinuousClock.now + configuration.replyTimeout
        pending.append(
            .init(pipeline: pipeline, deadline: deadline, mayCallAgain: mayCallAgain, completion: completion))
        armDeadline()
        do {
            // One that is being torn down has no context; its pending commands fail with the rest.
            try context?.append(pipeline, hashes: hashes)
            try flush()
        } catch {
            disconnect(error)
        }
    }
}

// MARK: - Connecting

extension RedisConnection {
    private var server: String { configuration.description }

    private func beginAttempt() {
        attempt += 1
        let thisAttempt = attempt
        change(to: .connecting)
        attemptTimer = EventLoop.schedule(after: configuration.connectTimeout) { [weak self] in
            guard let self else { return }
            self.disconnect(self.timedOut("connect to \(self.server)", after: self.configuration.connectTimeout))
        }
        Task { [weak self, host = configuration.host] in
            do throws(RedisError) {
                let addresses = try await HostResolver.addresses(of: host)
                self?.connect(to: addresses, attempt: thisAttempt)
            } catch {
                self?.failAttempt(thisAttempt, error)
            }
        }
    }

    private func failAttempt(_ number: Int, _ error: RedisError) {
        if number == attempt { disconnect(error) }
    }

    private func connect(to addresses: [String], attempt number: Int) {
        guard number == attempt, state == .connecting else { return }
        do throws(RedisError) {
            // A host with several addresses: each attempt tries the next.
            let address = addresses[(number - 1) % addresses.count]
            let context = try HiredisContext(connectingTo: address, port: configuration.port, server: server)
            watch = EventLoop.watch(descriptor: context.descriptor, for: .writable) { [weak self] readiness in
                self?.descriptorIsReady(readiness)
            }
            self.context = consume context
            isHandshaking = true
        } catch {
            disconnect(error)
        }
    }

    private func descriptorIsReady(_ readiness: Readiness) {
        do throws(RedisError) {
            if isHandshaking, pending.isEmpty {
                try context?.finishConnecting()
                return shakeHands()
            }
            if !readiness.isDisjoint(with: [.readable, .failed]) {
                try context?.read()
                try takeReplies()
            }
            if readiness.contains(.writable) { try flush() }
        } catch {
            disconnect(error)
        }
    }

    /// Who we are, which database, whether the server is ready (`LOADING` is not), and our scripts.
    private func shakeHands() {
        var pipeline = RedisPipeline()
        if let password = configuration.password {
            if let user = configuration.user {
                pipeline.append("AUTH", user, password)
            } else {
                pipeline.append("AUTH", password)
            }
        }
        if configuration.database != 0 { pipeline.append("SELECT", String(configuration.database)) }
        pipeline.append("PING")
        for script in scripts { pipeline.append("SCRIPT", "LOAD", script.source) }
        enqueue(pipeline, mayCallAgain: false) { [weak self] result in self?.handshakeEnded(result) }
    }

    private func handshakeEnded(_ result: Result<[RedisValue], RedisError>) {
        // A failure here is the end of the connection itself, which `disconnect` is handling already.
        guard case .success(let replies) = result else { return }
        if let refusal = replies.lazy.compactMap(\.errorText).first {
            return disconnect(.refused(refusal, while: "begin a session with \(server)"))
        }
        rememberHashes(replies.suffix(scripts.count))
        isHandshaking = false
        attemptTimer?.cancel()
        backoff.reset()
        change(to: .connected)
    }

    private func rememberHashes(_ replies: ArraySlice<RedisValue>) {
        for (script, reply) in zip(scripts, replies) { hashes[script] = reply.text }
    }

    /// Fails what is under way and plans the next attempt.
    private func disconnect(_ error: RedisError) {
        guard state != .closed else { return }
        tearDown(failing: error)
        change(to: .disconnected(error))
        // An observer may have closed or restarted it.
        guard case .disconnected = state else { return }
        attemptTimer = EventLoop.schedule(after: backoff.next(chance: chance())) { [weak self] in
            self?.beginAttempt()
        }
    }

    private func tearDown(failing error: RedisError) {
        attempt += 1
        watch?.cancel()
        watch = nil
        context = nil
        isHandshaking = false
        attemptTimer?.cancel()
        deadlineTimer?.cancel()
        deadlineTimer = nil
        if state != .closed { state = .disconnected(error) }
        for entry in pending.removeAll() { entry.completion(.failure(error)) }
    }

    private func change(to new: RedisConnectionState) {
        state = new
        for observer in observers { observer(new) }
    }
}

// MARK: - Sending and receiving

extension RedisConnection {
    private func flush() throws(RedisError) {
        guard let done = try context?.write() else { return }
        watch?.interest = done ? .readable : [.readable, .writable]
    }

    private func takeReplies() throws(RedisError) {
        // A completion may close the connection, and then there is no context to ask on.
        while let reply = try context?.nextReply() {
            var unexpected = false
            if let done = pending.take(reply, unexpected: &unexpected) { complete(done) }
            if unexpected {
                throw RedisError(
                    .protocolViolation, "\(server) sent a reply that nothing asked for", isRetriable: true)
            }
        }
    }

    private func complete(_ entry: PendingReplies.Entry) {
        let unknown = entry.replies.indices.filter { entry.replies[$0].errorText?.hasPrefix("NOSCRIPT") == true }
        if unknown.isEmpty || !entry.mayCallAgain {
            entry.completion(.success(entry.replies))
        } else {
            callAgain(unknown, of: entry)
        }
    }

    /// The server has forgotten the scripts (SCRIPT FLUSH): loads them, and sends those calls once more. They run
    /// after what was sent meanwhile, so scripts must not count on the order between pipelines.
    private func callAgain(_ indices: [Int], of entry: PendingReplies.Entry) {
        var pipeline = RedisPipeline()
        for script in scripts { pipeline.append("SCRIPT", "LOAD", script.source) }
        for index in indices { pipeline.append(commandAt: index, of: entry.pipeline) }
        enqueue(pipeline, mayCallAgain: false) { result in
            entry.completion(
                result.map { replies in
                    var merged = entry.replies
                    for (index, reply) in zip(indices, replies.suffix(indices.count)) { merged[index] = reply }
                    return merged
                })
        }
    }

    private func armDeadline() {
        guard deadlineTimer == nil, let deadline = pending.firstDeadline else { return }
        deadlineTimer = EventLoop.schedule(after: deadline - .now) { [weak self] in self?.checkDeadline() }
    }

    private func checkDeadline() {
        deadlineTimer = nil
        if let deadline = pending.firstDeadline, deadline <= .now {
            disconnect(timedOut("get an answer from \(server)", after: configuration.replyTimeout))
        } else {
            armDeadline()
        }
    }

    private func timedOut(_ what: String, after time: Duration) -> RedisError {
        RedisError(.timedOut, "cannot \(what): nothing came within \(time)", isRetriable: true)
    }

    private var notConnected: RedisError {
        var why = ""
        if case .disconnected(let error) = state { why = ": \(error.message)" }
        return RedisError(.notConnected, "not connected to \(server)\(why)", isRetriable: true)
    }

    private func outputFull(adding bytes: Int) -> RedisError {
        RedisError(
            .outputFull,
            """
            cannot send \(bytes) bytes to \(server): \(pending.byteCount) are waiting for their answer and the limit is \
            \(configuration.outputLimitBytes)
            """, isRetriable: true)
    }
}
