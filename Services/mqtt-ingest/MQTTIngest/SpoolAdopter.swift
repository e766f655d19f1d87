internal import FoundationEssentials
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Spool

/// Delivers the spools of instances that are gone, under the identities that their batches have.
///
/// A spool beside ours counts as left when nobody has had it open for ``SpoolSettings/adoptAfter``. Its owner gets it
/// back at once when it returns; what is on its way then comes twice, and the sinks recognise it.
@IOThread
final class SpoolAdopter {
    /// Why a spool that was left cannot be delivered, by file.
    private(set) var failures: [String: String] = [:]

    private let own: String
    private let settings: SpoolSettings
    private let partitions: PartitionCount
    private let outlet: any BatchOutlet
    private let metrics: MQTTIngestMetrics
    private var adopted: [String: AdoptedSpool] = [:]
    private var leftSince: [String: ContinuousClock.Instant] = [:]
    private var nextScan = ContinuousClock.now

    init(
        beside own: String, settings: SpoolSettings, partitions: PartitionCount, outlet: any BatchOutlet,
        metrics: MQTTIngestMetrics
    ) {
        self.own = URL(filePath: own).lastPathComponent
        self.settings = settings
        self.partitions = partitions
        self.outlet = outlet
        self.metrics = metrics
    }

    /// Readings, dead letters and presence changes of others that wait here.
    var weight: Int { adopted.values.reduce(0) { $0 + $1.spool.status.weight } }

    var spools: [Spool] { adopted.sorted { $0.key < $1.key }.map(\.value.spool) }

    /// To be called some times a second.
    func look() {
        for (name, spool) in adopted where !spool.goOn() {
            release(name, spool)
        }
        guard settings.adoptAfter > .zero, ContinuousClock.now >= nextScan else { return }
        nextScan = .now + min(.seconds(5), settings.adoptAfter / 2)
        scan()
    }

    /// Nothing is sent any more; what is on its way may still be acknowledged.
    func stop() {
        for spool in adopted.values { spool.sender.stop() }
    }

    func close() {
        for (name, spool) in adopted { release(name, spool) }
    }

    private func scan() {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: settings.directory)) ?? []
        let others = files.filter { $0.hasSuffix(".sqlite") && $0 != own && adopted[$0] == nil }
        let left = others.filter(isLeft)
        leftSince = leftSince.filter { left.contains($0.key) }
        failures = failures.filter { others.contains($0.key) }
        for name in left {
            let since = leftSince[name] ?? .now
            leftSince[name] = since
            if .now - since >= settings.adoptAfter { adopt(name) }
        }
    }

    /// Whether nobody has it open and something waits in it.
    private func isLeft(_ name: String) -> Bool {
        do throws(SpoolError) {
            if exists("\(name).suspect") || exists("\(name).salvaged") { try mend(name) }
            let reader = try SpoolReader(path: path(name))
            guard reader.owner == nil, !SpoolWish.isExpressed(for: reader.path) else { return false }
            return try reader.first(after: 0) != nil
        } catch {
            fail(name, error)
            return false
        }
    }

    private func adopt(_ name: String) {
        do throws(SpoolError) {
            try mend(name)
            let spool = try Spool(path: path(name), limitBytes: .max, partitions: partitions) { "" }
            metrics.adopted.emit(["spool": "\(name)", "readings": "\(spool.status.weight)"])
            adopted[name] = AdoptedSpool(spool, outlet: outlet, metrics: metrics) { [weak self] in self?.fail(name, $0)
            }
            failures[name] = nil
        } catch {
            // Another instance was faster, or the owner has come back.
            if case .inUse = error { return }
            fail(name, error)
        }
    }

    private func mend(_ name: String) throws(SpoolError) {
        if let report = try SpoolSalvage(path: path(name), partitions: partitions).mend() {
            metrics.count(report, of: name)
        }
    }

    private func release(_ name: String, _ spool: AdoptedSpool) {
        spool.close()
        adopted[name] = nil
        leftSince[name] = nil
        metrics.released.emit(["spool": "\(name)", "readings": "\(spool.spool.status.weight)"])
    }

    private func fail(_ name: String, _ error: SpoolError) {
        if failures[name] == nil { metrics.notAdopted.emit(["spool": "\(name)", "error": "\(error)"]) }
        failures[name] = "\(error)"
        if error.isDamage { SpoolSalvage.suspect(path(name)) }
    }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    private func path(_ name: String) -> String { "\(settings.directory)/\(name)" }
}

/// One of them, with a sender of its own.
@IOThread
private final class AdoptedSpool {
    let spool: Spool
    let sender: SpoolSender

    init(
        _ spool: Spool, outlet: any BatchOutlet, metrics: MQTTIngestMetrics,
        onFailure: @escaping @IOThread (SpoolError) -> Void
    ) {
        self.spool = spool
        sender = SpoolSender(spool: spool, outlet: BorrowedOutlet(outlet), metrics: metrics, onFailure: onFailure)
    }

    /// - Returns: false when it is empty, or its owner wants it.
    func goOn() -> Bool {
        guard !SpoolWish.isExpressed(for: spool.path) else { return false }
        sender.pump()
        guard (try? spool.removeDone()) != nil else { return false }
        return spool.status.batches > 0
    }

    func close() {
        sender.stop()
        // What this cannot remove is sent again, and recognised.
        try? spool.removeDone()
        spool.close()
    }
}

/// The outlet calls its own sender when there is room; this one is asked at every look, and by each acknowledgement.
@IOThread
private final class BorrowedOutlet: BatchOutlet {
    private let outlet: any BatchOutlet
    var onReady: (@IOThread () -> Void)?

    init(_ outlet: any BatchOutlet) {
        self.outlet = outlet
    }

    var canAccept: Bool { outlet.canAccept }

    func send(
        _ batch: SpoolBatch, decoded: ReadingBatch?, producer: String, lowWater: UInt64,
        completion: @escaping @IOThread (BatchOutcome) -> Void
    ) {
        outlet.send(batch, decoded: decoded, producer: producer, lowWater: lowWater, completion: completion)
    }
}
