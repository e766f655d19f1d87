internal import CProgramPages

#if canImport(Glibc)
    internal import Glibc
#endif

/// What this process has in memory, as the kernel counts it.
public struct ResidentMemory: Sendable, Equatable {
    /// Bytes: `VmRSS`.
    public var total: Int
    /// Bytes of it that are pages of files: the program, its libraries, what is mapped. The rest is the process's own.
    public var files: Int

    /// Nil where `/proc` is not to be had.
    public static func now() -> ResidentMemory? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").compactMap { Int($0) }
        guard pages.count > 2 else { return nil }
        let page = sysconf(Int32(_SC_PAGESIZE))
        return ResidentMemory(total: pages[1] * page, files: pages[2] * page)
    }

    /// Takes the constant pages of the program and of its libraries out of this process. They stay in the system's page cache as long as
    /// there is room, and the next touch maps them again, sixteen at a time: some hundred minor faults, a millisecond or so.
    ///
    /// Pages that were ever written, relocated tables included, are left alone.
    ///
    /// - Returns: whether there was anything to give.
    @discardableResult
    public static func giveBackProgramPages() -> Bool {
        program_pages_give_back() > 0
    }
}
