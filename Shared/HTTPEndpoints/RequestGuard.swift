internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes
internal import Observability

/// What one connection may cost: a peer that is slow, or whose head is too long, loses it. Lives on the event loop of its
/// connection, behind HTTP's decoder.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: RequestLimits
    private let refused: RefusedRequests
    private let connections: OpenConnections
    private var timer: Scheduled<Void>?
    /// Runs while the peer takes nothing of what is to be sent.
    private var takingTimer: Scheduled<Void>?
    /// Heads that came and were not answered to the end.
    private var open = 0
    private var isReading = false
    private var isRefused = false
    /// Of the last head, without its query.
    private var path: String?

    init(_ limits: RequestLimits, _ refused: RefusedRequests, _ connections: OpenConnections) {
        self.limits = limits
        self.refused = refused
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if let leaving = connections.add(context.channel) {
            refused.tooMany.emit(leaving)
            leaving.close(promise: nil)
        }
        close(context, after: limits.head, counting: refused.tooSlow)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        takingTimer?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connections.remove(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            open += 1
            isReading = true
            path = head.path.map { String($0.prefix { $0 != "?" }) }
            connections.note(.asking, of: context.channel)
            close(context, after: limits.body, counting: refused.tooSlow)
        case .body: break
        case .end:
            isReading = false
            timer?.cancel()
            if open > 0 { connections.note(.answering, of: context.channel) }
            waitForNext(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            open -= 1
            waitForNext(context)
        }
        context.write(data, promise: promise)
    }

    /// Who asks and reads no answer would otherwise be answered for ever.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takingTimer?.cancel()
        if !context.channel.isWritable {
            takingTimer = close(context.channel, after: limits.taking, counting: refused.tooSlow)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .headerOverflow? = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isRefused else { return }
        isRefused = true
        refused.headersTooLarge.emit(context.channel)
        let fields: HTTPFields = [.connection: "close", .contentLength: "0"]
        let head = HTTPResponse(status: .requestHeaderFieldsTooLarge, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        // What is still under way would have the system throw the answer away, were the connection closed now.
        close(context, after: .milliseconds(500), counting: nil)
    }

    /// An idle connection is nobody's fault.
    private func waitForNext(_ context: ChannelHandlerContext) {
        guard open == 0, !isReading, !isRefused else { return }
        connections.note(.idle, of: context.channel)
        close(context, after: limits.idle, counting: nil)
    }

    private func close(_ context: ChannelHandlerContext, after limit: TimeAmount, counting cause: EventKind?) {
        timer?.cancel()
        timer = close(context.channel, after: limit, counting: cause, path: isReading ? path : nil)
    }

    private func close(
        _ channel: any Channel, after limit: TimeAmount, counting cause: EventKind?, path: String? = nil
    ) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: limit) {
            cause?.emit(channel, path: path)
            channel.close(promise: nil)
        }
    }
}

/// How much a stranger may ask for.
struct RequestLimits: Sendable {
    /// For a first head, TLS's handshake included.
    var head = TimeAmount.seconds(10)
    var body = TimeAmount.seconds(30)
    /// Between an answer and the whole next head.
    var idle = TimeAmount.seconds(75)
    /// Without any room for more of an answer.
    var taking = TimeAmount.seconds(30)
    /// Bytes of all fields together.
    var headerBytes = 16 << 10
    var headerCount = 100
    /// One more has another one closed: ``OpenConnections``.
    var connections = 512
    /// So old an idle connection is before it makes room for another one.
    var spared = TimeAmount.seconds(1)
}
