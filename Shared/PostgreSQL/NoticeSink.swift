internal import CPostgreSQL

/// Where NOTICE and WARNING of the server go.
final class NoticeSink: Sendable {
    private let handler: @Sendable (String) -> Void

    init(_ handler: @escaping @Sendable (String) -> Void) {
        self.handler = handler
    }

    /// The connection keeps the sink alive for as long as the handle lives.
    func attach(to handle: OpaquePointer) {
        // Fires on the I/O thread, inside the libpq call that reads from the socket.
        PQsetNoticeProcessor(
            handle,
            { context, text in
                guard let context, let text else { return }
                let sink = Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue()
                sink.handler(String(cString: text).trimmed)
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

extension String {
    var trimmed: String {
        var view = self[...]
        while let last = view.last, last.isWhitespace { view.removeLast() }
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        return String(view)
    }

    /// libpq's messages end in a line feed, and several attempts make several lines.
    var firstLineTrimmed: String {
        let lines = split(whereSeparator: \.isNewline).map { String($0).trimmed }.filter { !$0.isEmpty }
        return lines.isEmpty ? "unknown error" : lines.joined(separator: "; ")
    }
}
