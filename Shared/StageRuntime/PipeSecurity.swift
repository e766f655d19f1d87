public import IOLoop
internal import Logging
internal import Observability
public import Pipes
public import Settings
internal import ZeroMQ

/// The keys of a service's pipes, and what is said of peers that have others.
@IOThread
public final class PipeSecurity {
    private let keys: (publicKey: CurveKey, secretKey: CurveKey)?
    private let knownKeys: String
    private let plaintext: PipeSettings.Plaintext
    private let distrusted: EventKind
    private let refused: EventKind
    private let notLetIn: EventKind

    /// - Throws: `InvalidSettings` when the secret key is none, or not this service's.
    public init(_ settings: PipeSettings, _ context: ServiceContext) throws(InvalidSettings) {
        keys = try settings.secretKey.map(Self.pair)
        knownKeys = settings.knownKeys ?? ""
        plaintext = settings.plaintext
        refused = EventKind(
            "pipe_peer_refused", level: .warning, "refused a peer of the pipe", logger: context.logger,
            registry: context.metrics)
        notLetIn = EventKind(
            "pipe_upstream_refused", level: .warning, "cannot open the pipe to an upstream", logger: context.logger,
            registry: context.metrics)
        // Each is told once for as long as it lasts: none of them may be left out.
        distrusted = EventKind(
            "pipe_source_distrusted", level: .warning, "left out a key or an address of a pipe", logger: context.logger,
            registry: context.metrics, logInterval: .zero)
        if let keys { try Self.check(keys.publicKey, among: KnownKeys(directory: knownKeys, service: context.service)) }
    }

    /// A service with somebody else's key would start, and be refused by all its neighbours.
    private nonisolated static func check(_ key: CurveKey, among own: KnownKeys) throws(InvalidSettings) {
        let known: Set<CurveKey>
        do {
            known = try own.read()
        } catch {
            throw problem("known_keys", "\(error)")
        }
        guard !known.contains(key) else { return }
        throw problem(
            "secret_key",
            "is not the key of \(own.directory)/\(own.service).pub: give \(own.service) its own, by "
                + "which the others know it")
    }

    /// Lets in only instances of `downstream`, when there are keys.
    ///
    /// - Throws: `InvalidSettings` when their keys cannot be read.
    public func outbound(
        _ configuration: OutboundPipeConfiguration, to downstream: String
    ) throws(InvalidSettings) -> OutboundPipeConfiguration {
        var configuration = configuration
        configuration.socket.onRefusal = { [refused] in refused.emit($0.metadata(on: .upstream)) }
        configuration.socket.onDistrust = { [distrusted] in distrusted.emit(["reason": "\($0)"]) }
        let known = KnownKeys(directory: knownKeys, service: downstream)
        configuration.socket.curve = try curve { () throws(KnownKeys.Failure) in
            // Read when somebody connects; but what is wrong with them is told now.
            _ = try known.read()
            return .clients(known)
        }
        return configuration
    }

    /// Believes only instances of `upstream`, when there are keys.
    ///
    /// - Throws: `InvalidSettings` when their key cannot be read.
    public func inbound(
        _ configuration: InboundPipeConfiguration, from upstream: String
    ) throws(InvalidSettings) -> InboundPipeConfiguration {
        var configuration = configuration
        configuration.socket.onRefusal = { [notLetIn] in notLetIn.emit($0.metadata(on: .downstream)) }
        configuration.socket.onDistrust = { [distrusted] in distrusted.emit(["reason": "\($0)"]) }
        configuration.socket.plaintext = plaintext
        configuration.socket.curve = try curve { () throws(KnownKeys.Failure) in
            .server(try KnownKeys(directory: knownKeys, service: upstream).main())
        }
        return configuration
    }

    private func curve(
        _ peer: () throws(KnownKeys.Failure) -> PipeSocketOptions.Curve.Peer
    ) throws(InvalidSettings) -> PipeSocketOptions.Curve? {
        guard let keys else { return nil }
        do {
            return PipeSocketOptions.Curve(
                publicKey: keys.publicKey, secretKey: keys.secretKey, peer: try peer())
        } catch {
            throw Self.problem("known_keys", "\(error)")
        }
    }

    private nonisolated static func pair(
        _ secret: Secret
    ) throws(InvalidSettings) -> (publicKey: CurveKey, secretKey: CurveKey) {
        do {
            let pair = try CurveKeyPair(secretKey: secret.reveal())
            guard let publicKey = CurveKey(pair.publicKey), let secretKey = CurveKey(pair.secretKey) else {
                throw problem("secret_key", "is no CURVE key")
            }
            return (publicKey, secretKey)
        } catch let error as InvalidSettings {
            throw error
        } catch {
            throw problem("secret_key", "\(error)")
        }
    }

    private nonisolated static func problem(_ key: String, _ message: String) -> InvalidSettings {
        InvalidSettings(problems: [SettingsProblem(origin: nil, path: "pipes.curve.\(key)", message: message)])
    }
}

extension PipeRefusal {
    fileprivate func metadata(on side: Side) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["reason": "\(explanation(on: side))"]
        if let peer { metadata["peer"] = "\(peer)" }
        if let key { metadata["client_key"] = "\(key.text)" }
        return metadata
    }
}
