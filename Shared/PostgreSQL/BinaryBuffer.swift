import Model

/// A growing buffer of big-endian values that is emptied and filled again without giving its memory back.
final class BinaryBuffer {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 1024) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit {
        base.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func removeAll() {
        count = 0
    }

    @inline(__always)
    func append(_ value: some FixedWidthInteger) {
        let size = value.bitWidth / 8
        reserve(size)
        base.storeBytes(of: value.bigEndian, toByteOffset: count, as: type(of: value))
        count += size
    }

    @inline(__always)
    func append(bytes: some Collection<UInt8>) {
        let size = bytes.count
        reserve(size)
        UnsafeMutableRawBufferPointer(start: base + count, count: size).copyBytes(from: bytes)
        count += size
    }

    @inline(__always)
    func append(utf8 text: String) {
        append(bytes: text.utf8)
    }

    /// jsonb's binary form: the version of the form (1), then the text.
    @inline(__always)
    func append(json text: String) {
        append(1 as UInt8)
        append(bytes: text.utf8)
    }

    /// Puts a length into the four bytes at `offset`, counted from the end of those four bytes.
    @inline(__always)
    func patchLength(at offset: Int) {
        let length = Int32(count - offset - 4)
        base.storeBytes(of: length.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    /// A value with its length before it; -1 stands for NULL.
    @inline(__always)
    func appendWithLength(_ encode: (BinaryBuffer) -> Void) {
        let start = count
        append(0 as Int32)
        encode(self)
        patchLength(at: start)
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if count + more > capacity { grow(to: count + more) }
    }

    @inline(never)
    private func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let next = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
        next.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = next
        capacity = larger
    }
}

extension BinaryBuffer {
    /// Source of the form: array_send in PostgreSQL's arrayfuncs.c: dimensions, has-null flag, element type,
    /// length and lower bound of the dimension, elements.
    func append<Element>(array: [Element?], of element: UInt32, _ encode: (BinaryBuffer, Element) -> Void) {
        appendArrayHeader(count: array.count, of: element, hasNull: array.contains { $0 == nil })
        for value in array {
            guard let value else {
                append(-1 as Int32)
                continue
            }
            appendWithLength { encode($0, value) }
        }
    }

    func append<Element>(array: [Element], of element: UInt32, _ encode: (BinaryBuffer, Element) -> Void) {
        appendArrayHeader(count: array.count, of: element, hasNull: false)
        for value in array {
            appendWithLength { encode($0, value) }
        }
    }

    private func appendArrayHeader(count: Int, of element: UInt32, hasNull: Bool) {
        append(Int32(count == 0 ? 0 : 1))
        append(Int32(hasNull ? 1 : 0))
        append(element)
        guard count > 0 else { return }
        append(Int32(count))
        append(1 as Int32)
    }
}

extension Timestamp {
    /// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
    static let postgreSQLEpoch: Int64 = 946_684_800_000_000

    @inline(__always)
    var postgreSQLMicroseconds: Int64 { microseconds - Self.postgreSQLEpoch }

    init(postgreSQLMicroseconds: Int64) {
        self.init(microseconds: postgreSQLMicroseconds + Self.postgreSQLEpoch)
    }
}
