/// Memory for one batch, so that no reading needs any of its own.
struct DeviceScratch {
    static let unresolved: Int32 = -2
    static let none: Int32 = -1

    /// For each series of the batch, the column of its sensor.
    let columns: UnsafeMutableBufferPointer<Int32>
    private let numbers: UnsafeMutableBufferPointer<Float>
    private let others: UnsafeMutableBufferPointer<Float>

    static func with(series: Int, _ body: (DeviceScratch) -> Void) {
        let most = 2 * DeviceVector.mostSensors + 2
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: series) { columns in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: most) { numbers in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: most) { others in
                    columns.initialize(repeating: unresolved)
                    numbers.initialize(repeating: 0)
                    others.initialize(repeating: 0)
                    body(DeviceScratch(columns: columns, numbers: numbers, others: others))
                }
            }
        }
    }

    func forgetColumns() {
        columns.update(repeating: Self.unresolved)
    }

    func features(of sensors: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: numbers[0..<(2 * sensors + 2)])
    }

    func pairs(of sensors: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: others[0..<(2 * sensors)])
    }
}
