internal import Model

/// All that is remembered of one series that has, or shortly had, an alert.
struct SeriesAlerts: Sendable {
    let name: SensorName
    let slot: Int32
    /// One a detector.
    var machines: [AlertMachine] = []
    /// Transitions that nobody has confirmed to be stored, oldest first.
    var unsettled: [AlertTransition] = []

    var isOver: Bool { machines.isEmpty && unsettled.isEmpty }

    init(_ name: SensorName, slot: Int32) {
        self.name = name
        self.slot = slot
    }

    /// - Returns: whether nothing is left to remember of the alert.
    @inline(__always)
    mutating func clear(_ index: Int, _ reading: AlertReading, _ transitions: inout [AlertTransition]) -> Bool {
        // One access for both: a machine is not copied per reading.
        func take(_ machine: inout AlertMachine) -> Bool {
            machine.take(clear: reading, into: &transitions)
            return machine.isOver
        }
        return take(&machines[index])
    }

    func isAmong(_ found: ArraySlice<Anomaly>, _ index: Int) -> Bool {
        let detector = machines[index].fingerprint.detector
        return found.contains { $0.detector == detector }
    }

    func index(of detector: String) -> Int? {
        machines.firstIndex { $0.fingerprint.detector == detector }
    }
}
