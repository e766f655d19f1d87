import FoundationEssentials
import Glibc

/// What the operator reads: results on standard output, trouble on standard error.
enum Console {
    static let isTerminal = isatty(STDERR_FILENO) == 1

    static func say(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    static func warn(_ line: String) {
        write("sluice: \(line)\n", to: STDERR_FILENO)
    }

    /// A diagnostic that names its own place, as editors and compilers expect.
    static func complain(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Without the end of the line, where the answer will stand.
    static func ask(_ question: String) {
        write(question, to: STDERR_FILENO)
    }

    /// As they are, for files and pipes.
    static func emit(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            // Nobody reads any more.
            guard count >= 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Sequences for the terminal on standard output.
    static func draw(_ sequences: String) {
        write(sequences, to: STDOUT_FILENO)
    }

    /// Replaces the current line of a terminal; silent elsewhere.
    static func progress(_ line: String) {
        if isTerminal { write("\r\u{1B}[K\(line)", to: STDERR_FILENO) }
    }

    /// One write a line, so that lines of several tasks do not mix.
    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }
}
