import Glibc

/// A process beyond doubt: process ids are used again, a process id with its start time is not.
public struct ProcessIdentity: Sendable, Hashable, Codable {
    public let pid: Int32
    /// Clock ticks from boot to the start of the process, as in /proc/<pid>/stat.
    public let startTicks: UInt64

    /// `nil` when no such process lives; a zombie counts as dead.
    public init?(of pid: Int32) {
        guard let ticks = Self.startTicks(of: pid) else { return nil }
        self.pid = pid
        startTicks = ticks
    }

    public static var current: ProcessIdentity? { ProcessIdentity(of: getpid()) }

    public var isAlive: Bool { Self.startTicks(of: pid) == startTicks }

    /// Sends a signal if the process still lives.
    public func signal(_ number: Int32) {
        if isAlive { kill(pid, number) }
    }

    /// Waits for the end of a process that is not our child. `false` when it outlives the limit.
    public func waitForEnd(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while isAlive {
            guard ContinuousClock.now < deadline else { return false }
            // A cancelled wait only polls faster, up to the same deadline.
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }

    private static func startTicks(of pid: Int32) -> UInt64? {
        guard let text = readSmallFile("/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return nil }
        // After the name: state is field 3, starttime field 22.
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}

/// The text of a file of at most 64 KiB, as those under /proc.
func readSmallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count >= 0 else { return nil }
        return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
}
