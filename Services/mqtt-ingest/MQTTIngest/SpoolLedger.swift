internal import FoundationEssentials
internal import IOLoop
internal import Ledger
internal import Spool

/// The accounts of the spools that this instance delivers: its own, and those of others.
@IOThread
final class SpoolLedger {
    weak var adopter: SpoolAdopter?
    private let own: Spool

    init(_ own: Spool) {
        self.own = own
    }

    func totals() throws(SpoolError) -> [SpoolTotals] {
        var totals: [SpoolTotals] = []
        for spool in [own] + (adopter?.spools ?? []) {
            let account = try spool.account()
            totals.append(
                SpoolTotals(
                    producer: spool.producer, spool: URL(filePath: spool.path).lastPathComponent,
                    entered: account.entered, waiting: spool.status.weight, through: account.through,
                    enteredBefore: account.enteredBefore, damagedBefore: account.damagedBefore))
        }
        return totals
    }
}
