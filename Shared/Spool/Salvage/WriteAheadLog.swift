internal import FoundationEssentials
internal import Platform

/// SQLite's write-ahead log as its bytes say, without SQLite, which silently ends it at the first damaged frame. The
/// format is that of <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
struct WriteAheadLog {
    /// Frames whose checksums are right, from the first on: what SQLite would read.
    let intactFrames: Int
    /// Frames up to the last one that ends a transaction, intact or not.
    let committedFrames: Int

    private let bytes: Data
    private let pageSize: Int

    private static let headerSize = 32
    private static let frameHeaderSize = 24

    /// Nil when there is no log.
    init?(of database: String) {
        guard let bytes = FileManager.default.contents(atPath: "\(database)-wal"),
            bytes.count > Self.headerSize + Self.frameHeaderSize
        else { return nil }
        self.bytes = bytes
        let size = Int(Self.word(bytes, at: 8))
        pageSize = size.nonzeroBitCount == 1 && (512...65_536).contains(size) ? size : 4_096
        let frames = (bytes.count - Self.headerSize) / (Self.frameHeaderSize + pageSize)
        intactFrames = Self.intactFrames(bytes, pageSize: pageSize, of: frames)
        committedFrames = Self.committedFrames(bytes, pageSize: pageSize, of: frames, atLeast: intactFrames)
    }

    /// A transaction ends behind the first damaged frame. One that was never finished may look the same; then its
    /// batch is found, or found damaged, and was acknowledged to nobody.
    var isDamaged: Bool { committedFrames > intactFrames }

    /// Writes all pages into a copy of the database, whatever their checksums are.
    func replay(into file: OpenFile) throws {
        var pages = 0
        for index in 0..<committedFrames {
            let frame = offset(index)
            let number = Int(Self.word(bytes, at: frame))
            pages = max(pages, Int(Self.word(bytes, at: frame + 4)))
            // A damaged number must not make a file of terabytes.
            guard number >= 1, number <= bytes.count else { continue }
            try file.seek(to: UInt64((number - 1) * pageSize))
            let page = frame + Self.frameHeaderSize
            try file.write(bytes[page..<page + pageSize])
        }
    }

    private func offset(_ index: Int) -> Int { Self.offset(index, pageSize) }

    private static func offset(_ index: Int, _ pageSize: Int) -> Int {
        headerSize + index * (frameHeaderSize + pageSize)
    }

    private static func intactFrames(_ bytes: Data, pageSize: Int, of frames: Int) -> Int {
        let isBigEndian = word(bytes, at: 0) & 1 == 1
        var sum = Checksum(isBigEndian: isBigEndian)
        sum.add(bytes[0..<24])
        guard word(bytes, at: 0) & ~1 == 0x377f_0682, sum.is(bytes, at: 24) else { return 0 }
        for index in 0..<frames {
            let frame = offset(index, pageSize)
            guard bytes[frame + 8..<frame + 16].elementsEqual(bytes[16..<24]) else { return index }
            sum.add(bytes[frame..<frame + 8])
            sum.add(bytes[frame + frameHeaderSize..<frame + frameHeaderSize + pageSize])
            guard sum.is(bytes, at: frame + 16) else { return index }
        }
        return frames
    }

    /// Behind the end lie frames of earlier rounds, which have other salts.
    private static func committedFrames(_ bytes: Data, pageSize: Int, of frames: Int, atLeast intact: Int) -> Int {
        let salts = intact > 0 ? bytes[16..<24] : bytes[headerSize + 8..<headerSize + 16]
        var committed = 0
        for index in 0..<frames {
            let frame = offset(index, pageSize)
            guard bytes[frame + 8..<frame + 16].elementsEqual(salts), word(bytes, at: frame + 4) != 0 else { continue }
            committed = index + 1
        }
        return committed
    }

    private static func word(_ bytes: Data, at index: Int) -> UInt32 {
        bytes[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// SQLite's, over pairs of words; it runs on from frame to frame.
    private struct Checksum {
        let isBigEndian: Bool
        var first: UInt32 = 0
        var second: UInt32 = 0

        init(isBigEndian: Bool) {
            self.isBigEndian = isBigEndian
        }

        mutating func add(_ bytes: Data) {
            bytes.withUnsafeBytes { buffer in
                for index in stride(from: 0, to: buffer.count - 7, by: 8) {
                    first &+= value(buffer, index) &+ second
                    second &+= value(buffer, index + 4) &+ first
                }
            }
        }

        func `is`(_ bytes: Data, at index: Int) -> Bool {
            word(bytes, at: index) == first && word(bytes, at: index + 4) == second
        }

        private func value(_ buffer: UnsafeRawBufferPointer, _ index: Int) -> UInt32 {
            let value = buffer.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
        }
    }
}
