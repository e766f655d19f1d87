import HTTPEndpoints
import IOLoop
import NIOCore
import NIOPosix

/// Open event streams of a health-monitor, as that many dashboards hold them. What comes is thrown away as it is read: dashboards
/// run on other machines, and cost nothing here.
struct OpenStreams {
    let count: Int
    let monitor: HTTPAddress

    /// Runs something while they are open.
    ///
    /// - Throws: what `body` does, what NIO does when it cannot connect, and ``BenchFailure`` when a stream is refused or ends too soon.
    @IOThread
    func during<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        var channels: [any Channel] = []
        defer { for channel in channels { channel.close(promise: nil) } }
        for _ in 0..<count { channels.append(try await open()) }
        let result = try await body()
        guard channels.allSatisfy(\.isActive) else {
            throw BenchFailure(description: "\(monitor) ended a stream of events")
        }
        return result
    }

    /// Returns when the first bytes have come.
    private func open() async throws -> any Channel {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let answered = loop.makePromise(of: String.self)
        let deadline = loop.scheduleTask(in: .seconds(30)) { answered.fail(ChannelError.connectTimeout(.seconds(30))) }
        defer { deadline.cancel() }
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Discarding(answered))
            }
        }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: monitor.host, port: monitor.port).get()
        } catch {
            answered.fail(error)
            throw error
        }
        do {
            try await ask(channel, answered.futureResult)
            return channel
        } catch {
            answered.fail(error)
            channel.close(promise: nil)
            throw error
        }
    }

    private func ask(_ channel: any Channel, _ answered: EventLoopFuture<String>) async throws {
        let question = "GET \(Self.path) HTTP/1.1\r\nHost: \(monitor.host):\(monitor.port)\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: question)).get()
        let answer = try await answered.get()
        guard answer.hasPrefix("HTTP/1.1 200 ") else {
            throw BenchFailure(description: "\(monitor)\(Self.path) answers \(answer.prefix(while: { $0 != "\r" }))")
        }
    }

    private static let path = "/api/events"
}

/// Keeps the beginning of the answer only.
private final class Discarding: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var answered: EventLoopPromise<String>?

    init(_ answered: EventLoopPromise<String>) {
        self.answered = answered
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answered?.succeed(String(buffer: unwrapInboundIn(data)))
        answered = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered?.fail(ChannelError.eof)
        answered = nil
    }
}
