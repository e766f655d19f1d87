internal import CMosquitto
public import IOLoop

/// A connection to an MQTT broker that comes back by itself, on the I/O thread, over libmosquitto.
///
/// Handlers are called on the I/O thread, inside libmosquitto's read: they may publish, pause and flush; `disconnect`
/// and `close` take effect when the library has returned.
@IOThread
public final class MQTTClient {
    public nonisolated let options: MQTTOptions
    /// Each message that arrives. Its buffers are borrowed for the duration of the call.
    public var onMessage: (@IOThread (MQTTMessage) -> Void)?
    public var onEvent: (@IOThread (MQTTEvent) -> Void)?
    /// After each burst of reading: the socket is empty, or `burstLimit` is reached.
    public var onReadBurst: (@IOThread () -> Void)?
    /// There is room in the window for publishing again, after it was full.
    public var onRoom: (@IOThread () -> Void)?

    public internal(set) var state = MQTTState.idle
    /// Of the current connection, or else of the next.
    public private(set) var version: MQTTVersion
    public internal(set) var counters = MQTTCounters()
    public internal(set) var isReadingPaused = false
    /// For a moment, as part of a batch's linger.
    var isReadingHeld = false

    var handle: Handle?
    var watch: Watch?
    var housekeeping: ScheduledTimer?
    var retry: ScheduledTimer?
    var attempt = 0
    /// Tells the answer of a name look-up that came too late from the current one.
    var generation = 0
    var lastFailure: MQTTError?

    // Reading.
    var redelivery: RedeliveryWindow
    let publishLine: PublishLogLine
    var messagesInBurst = 0
    var isBurstEnded = false
    /// Messages with QoS 1 that were delivered while their PUBACKs wait in libmosquitto's queue.
    public internal(set) var heldAcknowledgements = 0
    /// A flush that the socket did not take whole. Nothing is read meanwhile: new PUBACKs would join the queue and
    /// leave before their messages are durable.
    var isFlushing = false
    var readSinceResume = true
    var ticksSincePausedKeepAlive = 0
    /// A read is scheduled for what TLS holds.
    var isReadDue = false
    /// What libmosquitto logged while it tried to connect: what TLS found wrong is told nowhere else.
    var libraryWords: String?

    // Writing.
    var confirmations: [UInt16: (@IOThread (MQTTError?) -> Void)] = [:]
    var subscriptions: [Int32: (@IOThread (Result<[Int32], MQTTError>) -> Void)] = [:]
    var roomWaiters: [CheckedContinuation<Void, Never>] = []
    /// Depth of calls into libmosquitto; while it is not zero the handle must stay.
    var insideLibrary = 0
    var isDisconnectRequested = false

    public init(_ options: MQTTOptions) throws(MQTTError) {
        self.options = options
        version = options.version
        redelivery = RedeliveryWindow(limit: Int(options.receiveMaximum))
        publishLine = PublishLogLine(clientID: options.clientID)
        handle = try Handle(options, owner: Unmanaged.passUnretained(self).toOpaque())
    }

    isolated deinit {
        tearDown()
    }

    /// Starts, and keeps the connection up until ``disconnect()``. Results come as events.
    public func connect() {
        guard handle != nil, state == .idle else { return }
        isDisconnectRequested = false
        attempt = 0
        housekeeping = EventLoop.schedule(every: .seconds(1)) { [weak self] in self?.tick() }
        startAttempt()
    }

    /// Speaks another version from the next connection on; a session goes on whatever it was begun with.
    ///
    /// - Precondition: the client is not connected, nor connecting.
    public func use(_ version: MQTTVersion) {
        precondition(state == .idle, "the version belongs to the connection")
        self.version = version
    }

    /// DISCONNECT without UNSUBSCRIBE: the broker goes on queueing for a persistent session. What was not flushed is
    /// not acknowledged and comes again. ``connect()`` comes back.
    public func disconnect() {
        guard state != .idle, state != .closed else { return }
        isDisconnectRequested = true
        generation += 1
        if insideLibrary == 0 { performDisconnect() }
    }

    /// Ends for good: everything that waits for an answer fails.
    public func close() {
        guard state != .closed else { return }
        disconnect()
        state = .closed
        if insideLibrary == 0 { tearDown() }
    }

    func tearDown() {
        state = .closed
        dropConnection()
        housekeeping?.cancel()
        housekeeping = nil
        handle = nil
        failEverything(.closed("finish what was under way to \(options.address)"))
    }

    func failEverything(_ error: MQTTError) {
        failSubscriptions(error)
        let open = confirmations.values
        confirmations.removeAll()
        for confirm in open { confirm(error) }
        wakeRoomWaiters()
    }
}

public enum MQTTState: Sendable, Equatable {
    case idle
    /// Looking the name up, TCP, TLS or CONNECT is under way.
    case connecting
    case connected
    /// Between two attempts.
    case waiting
    case closed
}
