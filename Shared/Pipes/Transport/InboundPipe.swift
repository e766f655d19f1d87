public import IOLoop
internal import Model
internal import Settings
internal import ZeroMQ

/// The downstream end of a pipe: one link to every upstream, and the batches that come through them.
@IOThread
public final class InboundPipe {
    /// Called when a link comes, goes or changes its state.
    public var onChange: (@IOThread () -> Void)?

    private let configuration: InboundPipeConfiguration
    private let addresses: UpstreamAddresses
    private let onDelivery: @IOThread (Delivery) -> Void
    private var byAddress: [String: PipeLink] = [:]
    private var wanted = Set<String>()
    /// Addresses that were left since somebody there hung up during the handshake.
    private var hungUp = Set<String>()
    private var faults = Faults()
    /// Of links that are gone.
    private var past = InboundPipeCounters()
    private var lastSession: UInt64 = 0
    private var lookup: Task<Void, Never>?
    private var timer: ScheduledTimer?
    private var isDraining = false
    private var drainers: [Drainer] = []
    /// Why an address of the source cannot be used, as text, by address.
    public private(set) var addressErrors: [String: String] = [:]

    /// - Parameter onDelivery: called once a batch; each must be acked or given back, in any order.
    public init(
        _ configuration: InboundPipeConfiguration, from addresses: UpstreamAddresses,
        onDelivery: @escaping @IOThread (Delivery) -> Void
    ) {
        self.configuration = configuration
        self.addresses = addresses
        self.onDelivery = onDelivery
    }

    isolated deinit { close() }

    /// Looks for upstreams, now and again and again.
    public func start() {
        guard lookup == nil else { return }
        let addresses = addresses
        lookup = Task { [weak self] in
            while !Task.isCancelled {
                let found = await addresses.resolve()
                self?.take(found)
                guard self != nil else { return }
                await EventLoop.sleep(for: addresses.interval)
            }
        }
        scheduleTick()
    }

    /// Often while somebody is to be greeted, and seldom while all links live: a process that is woken up for nothing costs the
    /// others their caches.
    private func scheduleTick() {
        timer?.cancel()
        let isQuiet = byAddress.values.allSatisfy { $0.machine.state == .live }
        let quiet = configuration.machine.heartbeatInterval / 4
        timer = EventLoop.schedule(after: isQuiet ? quiet : min(quiet, configuration.machine.helloInterval / 2)) {
            [weak self] in
            guard let self else { return }
            tick()
            if timer != nil { scheduleTick() }
        }
    }

    // MARK: Ending

    /// Asks every upstream for nothing new, and waits until what was delivered is settled and upstream knows.
    ///
    /// - Returns: false when that takes longer than `limit`.
    @discardableResult
    public func drain(within limit: Duration = .seconds(3_600)) async -> Bool {
        isDraining = true
        lookup?.cancel()
        for link in byAddress.values { link.drain() }
        return await withCheckedContinuation { continuation in
            guard !isDrained else { return continuation.resume(returning: true) }
            drainers.append(Drainer(within: limit, continuation))
        }
    }

    /// Frees all sockets; upstream sends what is open to somebody else. Calling it again does nothing.
    public func close() {
        lookup?.cancel()
        lookup = nil
        timer?.cancel()
        timer = nil
        for address in Array(byAddress.keys) { remove(address) }
        for drainer in drainers { drainer.finish(false) }
        drainers = []
    }

    // MARK: Looking at it

    public var counters: InboundPipeCounters {
        var sum = byAddress.values.reduce(past) { $0 + $1.totals }
        sum.openReadings = byAddress.values.reduce(0) { $0 + $1.openReadings }
        sum.oldestOpen = byAddress.values.map(\.oldestOpen).max() ?? .zero
        sum.credit = byAddress.values.reduce(0) { $0 + $1.credit }
        sum.links = byAddress.values.count { $0.machine.state == .live }
        return sum
    }

    public var links: [LinkStatus] { byAddress.values.map(\.status).sorted { $0.address < $1.address } }

    // MARK: Links

    private func take(_ found: UpstreamAddresses.Found) {
        let options = configuration.socket
        let isOpen = options.curve != nil || options.plaintext == .anywhere
        let far = isOpen ? [] : (found.endpoints ?? []).filter { !PipeSettings.staysOnThisMachine($0) }
        faults.set(found.faults + far.map(Self.refusal), tell: options.onDistrust)
        if let endpoints = found.endpoints { connect(to: endpoints.subtracting(far)) }
    }

    private static func refusal(of address: String) -> String {
        "\(address) is a pipe to another machine without keys, and is not connected to: give pipes.curve, or write "
            + "pipes.plaintext: anywhere"
    }

    private func connect(to found: Set<String>) {
        guard !isDraining, lookup != nil else { return }
        wanted = found
        // Keys may be known by now.
        for (address, link) in byAddress where link.isRefused && link.machine.state != .live { remove(address) }
        for address in found where byAddress[address] == nil { open(address) }
        removeUnwanted()
    }

    private func open(_ address: String) {
        do {
            let link = try PipeLink(
                address, configuration, hasHungUp: hungUp.remove(address) != nil,
                newSession: { [weak self] in self?.newSession() ?? 0 },
                onDelivery: onDelivery, onChange: { [weak self] in self?.linkChanged() })
            byAddress[address] = link
            addressErrors[address] = nil
            link.tick()
            scheduleTick()
        } catch {
            addressErrors[address] = "\(error)"
        }
    }

    /// A live link is kept though its name is gone from the source: name servers forget for moments.
    private func removeUnwanted() {
        for (address, link) in byAddress where !wanted.contains(address) && link.machine.state != .live {
            remove(address)
        }
    }

    private func remove(_ address: String) {
        guard let link = byAddress.removeValue(forKey: address) else { return }
        past = past + link.totals
        if link.hasHungUp, wanted.contains(address) { hungUp.insert(address) }
        link.close()
    }

    private func tick() {
        for link in byAddress.values where !isSpare(link) { link.tick() }
        if !isDraining { removeUnwanted() }
    }

    /// Two addresses may lead to the same upstream, which keeps one connection an instance. The other rests.
    private func isSpare(_ link: PipeLink) -> Bool {
        guard link.machine.state == .replaced, let upstream = link.machine.upstream else { return false }
        return byAddress.values.contains { $0.machine.state == .live && $0.machine.upstream == upstream }
    }

    private func linkChanged() {
        if isDraining, isDrained {
            for drainer in drainers { drainer.finish(true) }
            drainers = []
        }
        onChange?()
    }

    private var isDrained: Bool { byAddress.values.allSatisfy { $0.machine.state == .drained } }

    /// The clock orders sessions of this process after those of the one before it.
    private func newSession() -> UInt64 {
        lastSession = max(lastSession + 1, UInt64(max(0, Timestamp.now().microseconds)))
        return lastSession
    }
}

extension PipeLink {
    var openReadings: Int { machine.open.values.reduce(0) { $0 + Int($1) } }

    var totals: InboundPipeCounters {
        var totals = counters
        totals.lostLinks = machine.losses
        return totals
    }
}

extension InboundPipeCounters {
    /// Sums of what has happened; levels are not added.
    fileprivate static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.receivedBatches += right.receivedBatches
        sum.receivedReadings += right.receivedReadings
        sum.redeliveredReadings += right.redeliveredReadings
        sum.acknowledgedBatches += right.acknowledgedBatches
        sum.acknowledgedReadings += right.acknowledgedReadings
        sum.refusedBatches += right.refusedBatches
        sum.refusedReadings += right.refusedReadings
        sum.rejectedFrames += right.rejectedFrames
        sum.lostLinks += right.lostLinks
        return sum
    }
}
