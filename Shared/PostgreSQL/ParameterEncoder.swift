/// Parameters of one statement in the arrays that libpq wants; the memory is used again for the next statement.
final class ParameterEncoder {
    private let buffer = BinaryBuffer(capacity: 4096)
    private var offsets: [Int?] = []
    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []
    private var values: [UnsafePointer<CChar>?] = []

    func encode(_ parameters: [PostgreSQLParameter]) {
        removeAll()
        for parameter in parameters {
            let start = buffer.count
            let isPresent = parameter.encode(into: buffer)
            offsets.append(isPresent ? start : nil)
            types.append(parameter.type)
            lengths.append(Int32(buffer.count - start))
            formats.append(1)
        }
        // Only now: the buffer may have moved while it grew.
        values = offsets.map { $0.map { UnsafePointer((buffer.base + $0).assumingMemoryBound(to: CChar.self)) } }
    }

    /// Valid until the next ``encode(_:)``.
    var pointers: [UnsafePointer<CChar>?] { values }

    private func removeAll() {
        buffer.removeAll()
        offsets.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
    }
}
