import Ledger

/// The ledger for many who ask at a time: everybody is asked once a second at most, and who comes meanwhile waits for that answer.
actor RecentLedger {
    private static let freshness = Duration.seconds(1)

    private let watch: LedgerWatch
    private var last: (report: LedgerReport, at: ContinuousClock.Instant)?
    private var current: Task<LedgerReport, Never>?

    init(_ watch: LedgerWatch) {
        self.watch = watch
    }

    func report() async -> LedgerReport {
        if let last, .now - last.at < Self.freshness { return last.report }
        let asking = current ?? Task { [watch] in await watch.report() }
        current = asking
        let report = await asking.value
        if current == asking {
            current = nil
            last = (report, .now)
        }
        return report
    }
}
