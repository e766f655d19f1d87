internal import Alerting
internal import DetectorCatalog

extension SeriesMemory {
    /// Open alerts go on by the new ones, too. A detector that does not run gets none.
    func use(policiesOf detectors: [DetectorSettings]) {
        var policies = book.policies
        for detector in detectors where policies[detector.name] != nil { policies[detector.name] = detector.policy }
        if policies != book.policies { book.policies = policies }
    }
}
