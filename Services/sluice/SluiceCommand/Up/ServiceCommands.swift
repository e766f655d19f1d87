import Processes

/// The command lines of services and of simulated sensors.
struct ServiceCommands: Sendable {
    let plan: UpPlan
    let stores: PrivateServers

    /// Addresses go by the environment: it overrides the file, and only root and the same user can read that of a
    /// process, whereas everybody can read its command line.
    ///
    /// - Parameter isSharing: several mqtt-ingest share the messages, instead of each taking all.
    /// - Throws: ``MissingExecutable``.
    func service(_ instance: ServiceInstance, port: UInt16, isSharing: Bool) throws -> Command {
        var arguments = ["--instance", instance.name, "--registry", plan.directory.registry]
        if let file = plan.configuration { arguments += ["--config", file] }
        let section = "SLUICE_" + instance.kind.section.uppercased()
        var environment = [
            "SLUICE_MQTT__URL": stores.brokerURL,
            "SLUICE_POSTGRES__URL": stores.infrastructure.postgres.url,
            "SLUICE_REDIS__URL": stores.infrastructure.redis.url,
            "\(section)__HTTP__PORT": "\(port)",
        ]
        if let file = plan.operatorTokenFile { environment["SLUICE_HTTP__OPERATOR_TOKEN_FILE"] = file }
        if instance.kind == .ingest {
            environment["\(section)__SPOOL__DIRECTORY"] = plan.directory.spools
            if isSharing { environment["\(section)__SHARE_GROUP"] = "sluice" }
        }
        return Command(
            try plan.services.executable(of: instance.kind), arguments, environment: environment,
            output: .appended(to: plan.directory.log(of: instance.name)))
    }

    /// It reads the broker's address, which may hold a password, from the data directory.
    var simulator: Command {
        Command(
            ServiceFolder.ownExecutable,
            ["simulate", "--data-dir", plan.directory.path, "--devices", "\(plan.simulatedDevices)"]
                + ["--rate", "\(plan.simulatedDevices * 3)", "--anomaly-every", "1000"],
            output: .appended(to: plan.directory.log(of: "simulator")))
    }
}
