// swift-tools-version: 6.2
import PackageDescription

/// One settings array for every Swift target of ours.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// For what the simulation spends its time in, in debug builds too.
let optimised: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

// Packages, each wrapped by the module named beside it.
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let asyncHTTPClient: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"),
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

/// A module map over a C library that Debian installs.
func cLibrary(_ name: String) -> Target {
    .systemLibrary(name: name, path: "Shared/CLibraries/\(name)")
}

func shared(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], extra: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude,
        swiftSettings: settings + extra)
}

/// A service: a library that tests can import and a thin executable over it.
func service(
    _ name: String, library: String, _ dependencies: [Target.Dependency],
    frame: [Target.Dependency] = ["StageRuntime"], resources: [Resource] = []
) -> [Target] {
    [
        .target(
            name: library, dependencies: dependencies, path: "Services/\(name)/\(library)", resources: resources,
            swiftSettings: settings),
        .executableTarget(
            name: name, dependencies: [.target(name: library)] + frame, path: "Services/\(name)/Main",
            swiftSettings: settings),
    ]
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: settings)
}

/// Executables of libFuzzer's, which the rest of the package cannot be linked beside: `make fuzz` asks for them.
let fuzzers: [Target] =
    Context.environment["SLUICE_FUZZ"] == nil
    ? []
    : ["payload-fuzz", "batch-fuzz", "frame-fuzz", "link-fuzz"].map { name in
        .executableTarget(
            name: name, dependencies: ["FuzzProperties"], path: "Fuzzing/Targets/\(name)",
            // libFuzzer brings the main function.
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
    }

let package = Package(
    name: "sluice",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
    ],
    targets: [
        // C libraries, and our own C where Swift cannot go (fork and exec, the loader's list)
        .target(name: "CChildProcess", path: "Shared/CLibraries/CChildProcess"),
        .target(name: "CProgramPages", path: "Shared/CLibraries/CProgramPages"),
        cLibrary("CHiredis"),
        cLibrary("CLinux"),
        cLibrary("CMosquitto"),
        cLibrary("CPostgreSQL"),
        cLibrary("CSQLite"),
        cLibrary("CYAML"),
        cLibrary("CZeroMQ"),

        // Shared
        shared("Platform"),
        shared("Model", extra: optimised),
        shared("Wire", ["Model", protobuf], exclude: ["Protos"], extra: optimised),
        .target(
            name: "CSimdjson", path: "Shared/CLibraries/CSimdjson",
            linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]),
        shared("Payload", ["CSimdjson", "Model"]),
        shared("Plugins", ["Alerting", "Model"]),
        shared("Detectors", ["Model", "Plugins"]),
        shared("Filters"),
        shared("Alerting", ["Model"]),
        shared("DetectorCatalog", ["Alerting", "Detectors", "Model", "Plugins", "Settings"]),
        shared("ZeroMQ", ["CZeroMQ"]),
        shared("IOLoop", ["CLinux", "ZeroMQ"]),
        shared("PostgreSQL", ["CPostgreSQL", "IOLoop", "Model", "Settings", "ZeroMQ"]),
        .target(
            name: "Schema", dependencies: ["PostgreSQL", "IOLoop"], path: "Shared/Schema",
            resources: [.embedInCode("Migrations")], swiftSettings: settings),
        shared("Settings", ["CYAML", "Platform"]),
        shared("ResidentMemory", ["CProgramPages"]),
        shared("Observability", ["Model", "ResidentMemory", "Settings", logging]),
        shared("HTTPEndpoints", ["Model", "Observability", "Platform", "Settings", logging] + hummingbird),
        shared("Pipes", ["IOLoop", "Model", "Settings", "Wire", "ZeroMQ"], extra: optimised),
        shared(
            "StageRuntime",
            [
                "HTTPEndpoints", "IOLoop", "Ledger", "Model", "Observability", "Pipes", "Platform", "Plugins",
                "Settings",
                "Wire", argumentParser, logging, unixSignals,
            ]),
        shared("Redis", ["CHiredis", "IOLoop", "Settings", "ZeroMQ"]),
        shared(
            "DatabaseRoutes",
            ["AlertRecords", "Alerting", "HTTPEndpoints", "IOLoop", "Model", "PostgreSQL", "Settings"]),
        shared("DeadLetters", ["IOLoop", "MQTT", "Model", "PostgreSQL"]),
        shared("AlertRecords", ["Alerting", "IOLoop", "Model", "PostgreSQL", "Redis"]),
        shared("MQTT", ["CMosquitto", "IOLoop", "Settings", "ZeroMQ"]),
        shared("Ledger"),
        shared("SQLite", ["CSQLite"]),
        shared("Spool", ["Model", "Platform", "SQLite"]),
        shared("Redelivery", ["MQTT", "Model", "Spool"]),
        shared(
            "Webhooks",
            ["Alerting", "IOLoop", "Model", "Observability", "PostgreSQL", "Settings", crypto, logging]
                + asyncHTTPClient),
        shared("Processes", ["CChildProcess", "Platform"]),
        shared("LocalServers", ["Processes"]),
        shared("TestServers", ["LocalServers", "Processes"]),

        // Services

        // Benchmarks
        .executableTarget(
            name: "payload-benchmark", dependencies: ["Model", "Payload"], path: "Benchmarks/PayloadDecoding",
            swiftSettings: settings),
        .executableTarget(
            name: "detector-benchmark", dependencies: ["Detectors", "Model", "Plugins"], path: "Benchmarks/Detection",
            swiftSettings: settings),
        .target(
            name: "NABScoring", dependencies: ["Model"], path: "Benchmarks/NABScoring", swiftSettings: settings),
        .executableTarget(
            name: "nab-benchmark", dependencies: ["Detectors", "Model", "NABScoring", "Plugins"],
            path: "Benchmarks/NAB", swiftSettings: settings),
        .executableTarget(
            name: "wire-benchmark", dependencies: ["Model", "Wire"], path: "Benchmarks/WireCoding",
            swiftSettings: settings),

        // Fuzzing: what must hold for any input
        .target(
            name: "FuzzProperties", dependencies: ["Model", "Payload", "Pipes", "Wire"], path: "Fuzzing/Properties",
            swiftSettings: settings),

        // Tests
        tests(
            "AggregatorTests",
            [
                "Aggregator", "IOLoop", "LocalServers", "Model", "Observability", "Pipes", "PostgreSQL", "Processes",
                "Schema", "Settings", "StageRuntime", "TestServers", logging,
            ]),
        tests(
            "PreprocessorTests",
            [
                "IOLoop", "Model", "Observability", "Pipes", "Plugins", "PostgreSQL", "Preprocessor", "Redis", "Schema",
                "Settings", "StageRuntime", "TestServers", logging,
            ]),
        // Optimised: it runs thousands of minutes of virtual time.
        .testTarget(
            name: "FlowSimulationTests",
            dependencies: ["AnomalyDetector", "IOLoop", "Model", "Pipes", "Redis", "TestServers", "Wire"],
            path: "Tests/FlowSimulationTests", swiftSettings: settings + optimised),
        tests(
            "AnomalyDetectorTests",
            [
                "Alerting", "AlertRecords", "AnomalyDetector", "DatabaseRoutes", "DetectorCatalog", "Detectors",
                "HTTPEndpoints", "IOLoop", "LocalServers", "Model", "MQTT", "Observability", "Pipes", "Plugins",
                "PostgreSQL", "Processes", "Redis", "Schema", "Settings", "StageRuntime", "TestServers", "Wire",
                logging,
            ]),
        tests(
            "MQTTIngestTests",
            [
                "IOLoop", "LocalServers", "MQTT", "MQTTIngest", "Model", "Observability", "Payload", "Pipes",
                "Processes", "Redelivery", "Settings", "SQLite", "Spool", "StageRuntime", "TestServers", "Wire",
                logging, .target(name: "mqtt-ingest"),
            ]),
        tests(
            "StorageWriterTests",
            [
                "AlertRecords", "Alerting", "IOLoop", "LocalServers", "Model", "Observability", "Pipes", "Plugins",
                "PostgreSQL", "Processes",
                "Redis", "Schema", "Settings", "StageRuntime", "StorageWriter", "TestServers", logging,
            ]),
        tests("FiltersTests", ["Filters", "Model"], exclude: ["Fixtures"]),
        tests(
            "EdgeProcessorTests",
            [
                "EdgeProcessor", "IOLoop", "LocalServers", "MQTT", "Model", "Processes", "Observability", "SQLite",
                "Settings",
                "Spool", "StageRuntime", "TestServers", logging, .target(name: "edge-processor"),
            ], exclude: ["Fixtures"]),
        tests("AlertingTests", ["Alerting", "Model"]),
        tests(
            "AlertRecordsTests",
            ["AlertRecords", "Alerting", "IOLoop", "Model", "PostgreSQL", "Redis", "Schema", "TestServers"]),
        tests(
            "WebhooksTests",
            [
                "Alerting", "IOLoop", "LocalServers", "Model", "Observability", "PostgreSQL", "Processes", "Schema",
                "Settings", "TestServers", "Webhooks", logging,
            ], exclude: ["Fixtures"]),
        tests("NABScoringTests", ["Model", "NABScoring"], exclude: ["Fixtures"]),
        tests("ArchitectureTests", []),
        tests("FuzzingTests", ["FuzzProperties"]),
        tests(
            "EndToEndTests",
            [
                "AlertRecords", "Alerting", "HTTPEndpoints", "IOLoop", "LocalServers", "Model", "MQTT", "Pipes",
                "PostgreSQL", "Processes", "Redis", "Schema", "TestServers", yams,
            ]),
        tests("PlatformTests", ["Platform"]),
        tests("ProcessesTests", ["Processes"]),
        tests(
            "SluiceCommandTests",
            [
                "Alerting", "AlertRecords", "DeadLetters", "DetectorCatalog", "Detectors", "HTTPEndpoints", "IOLoop",
                "LocalServers", "Model", "MQTT", "Plugins", "PostgreSQL", "Processes", "Schema", "Settings",
                "SluiceCommand",
                "TestServers", "Webhooks", "ZeroMQ", argumentParser,
            ],
            exclude: ["Fixtures"]),
        tests("LocalServersTests", ["LocalServers", "Processes", "TestServers"]),
        tests("ModelTests", ["Model"]),
        tests("WireTests", ["Model", "Wire"], exclude: ["Vectors"]),
        tests("PayloadTests", ["Model", "Payload"]),
        tests("PluginsTests", ["Model", "Plugins"]),
        tests("DetectorsTests", ["Detectors", "Model", "Plugins"], exclude: ["Fixtures"]),
        tests("DetectorCatalogTests", ["Alerting", "DetectorCatalog", "Detectors", "Model", "Plugins", "Settings"]),
        tests("IOLoopTests", ["IOLoop", "ZeroMQ"]),
        tests("PostgreSQLTests", ["IOLoop", "LocalServers", "Model", "PostgreSQL", "Processes", "TestServers"]),
        tests("SchemaTests", ["IOLoop", "PostgreSQL", "Schema", "TestServers"]),
        tests("MQTTTests", ["IOLoop", "LocalServers", "MQTT", "Processes", "TestServers"]),
        tests("LedgerTests", ["Ledger"]),
        tests("SpoolTests", ["Model", "SQLite", "Spool", "TestServers"]),
        tests("SettingsTests", ["Settings"]),
        tests("ResidentMemoryTests", ["ResidentMemory"]),
        tests("ObservabilityTests", ["Model", "Observability", "Settings", logging]),
        tests(
            "HTTPEndpointsTests",
            [
                "HTTPEndpoints", "Model", "Observability", "Settings", "TestServers", logging,
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        tests("PipesTests", ["IOLoop", "Model", "Pipes", "Settings", "TestServers", "Wire", "ZeroMQ"]),
        tests("FlowHealthTests", ["Model", "Observability", "Plugins", "Settings", "StageRuntime", logging]),
        tests(
            "ServiceFrameTests",
            [
                "HTTPEndpoints", "IOLoop", "Model", "Observability", "Pipes", "Settings", "StageRuntime", "TestServers",
                "ZeroMQ", argumentParser, logging, unixSignals,
            ]),
        tests(
            "HealthMonitorTests",
            [
                "AlertRecords", "Alerting", "HTTPEndpoints", "HealthMonitor", "IOLoop", "Ledger", "LocalServers",
                "MQTT", "Model", "Observability", "PostgreSQL", "Processes", "Redis", "Schema", "Settings",
                "StageRuntime", "TestServers", "health-monitor", "sluice",
            ]),
        tests("RedisTests", ["IOLoop", "LocalServers", "Processes", "Redis", "Settings", "TestServers"]),
    ]
        + fuzzers
        + service(
            "preprocessor", library: "Preprocessor",
            [
                "IOLoop", "Model", "Observability", "Pipes", "Plugins", "PostgreSQL", "Redis", "Settings",
                "StageRuntime", logging,
            ])
        + service(
            "mqtt-ingest", library: "MQTTIngest",
            [
                "HTTPEndpoints", "IOLoop", "Ledger", "MQTT", "Model", "Observability", "Payload", "Pipes",
                "Redelivery", "Settings", "Spool", "StageRuntime", "Wire", logging,
            ])
        + service(
            "anomaly-detector", library: "AnomalyDetector",
            [
                "Alerting", "AlertRecords", "DatabaseRoutes", "DetectorCatalog", "Detectors", "HTTPEndpoints",
                "IOLoop", "Model", "MQTT", "Observability", "Pipes", "Plugins", "PostgreSQL", "Redis", "Settings",
                "StageRuntime", "Webhooks", "Wire", logging,
            ])
        + service(
            "storage-writer", library: "StorageWriter",
            [
                "AlertRecords", "HTTPEndpoints", "IOLoop", "Ledger", "Model", "Observability", "Pipes", "Plugins",
                "PostgreSQL", "Redis", "Schema", "Settings", "StageRuntime", argumentParser, logging,
            ])
        + service(
            "aggregator", library: "Aggregator",
            [
                "IOLoop", "Model", "Observability", "Pipes", "PostgreSQL", "Settings", "StageRuntime", argumentParser,
                logging,
            ])
        + service(
            "health-monitor", library: "HealthMonitor",
            [
                "AlertRecords", "Alerting", "DatabaseRoutes", "DeadLetters", "HTTPEndpoints", "IOLoop", "Ledger",
                "MQTT", "Model", "Observability", "Platform", "PostgreSQL", "Redis", "Settings", "StageRuntime",
                logging,
            ], resources: [.embedInCode("API/openapi.json"), .embedInCode("Dashboard")])
        + service(
            "edge-processor", library: "EdgeProcessor",
            [
                "Detectors", "Filters", "IOLoop", "MQTT", "Model", "Observability", "Payload", "Platform", "Plugins",
                "Redelivery",
                "ResidentMemory", "SQLite", "Settings", "Spool", "StageRuntime", logging,
            ])
        + service(
            "sluice", library: "SluiceCommand",
            [
                "Alerting", "AlertRecords", "DeadLetters", "DetectorCatalog", "HTTPEndpoints", "IOLoop", "Ledger",
                "LocalServers", "Model", "MQTT", "Observability", "Payload", "Platform", "Plugins", "PostgreSQL",
                "Processes",
                "Redis", "Settings", "Spool", "Webhooks", "Wire", "ZeroMQ", argumentParser, logging,
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ], frame: [], resources: [.embedInCode("Chaos/verify_rollups.sql")]),
    cxxLanguageStandard: .cxx17
)
