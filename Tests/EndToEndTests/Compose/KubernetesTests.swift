import Foundation
import TestServers
import Testing
import Yams

/// `compose/kubernetes` as a cluster would get it. There is no cluster here: what is looked at is what can be known without one.
struct KubernetesTests {
    @Test(arguments: ["1.29", "1.32", "1.37"])
    func `what kustomize makes of it has the form that Kubernetes asks for`(_ version: String) async throws {
        let manifests = try await Manifests.load()
        let good = try await validate(manifests.text, version)
        #expect(good.status == 0, "\(good.output)\(good.errors)")
        #expect(manifests.all.count > 30)
        // The validator sees a key that does not exist.
        let bad = try await validate(
            manifests.text.replacing("terminationGracePeriodSeconds:", with: "grace:"), version)
        #expect(bad.status != 0)
    }

    @Test func `every workload is restricted, is asked for its health, and gives way one pod at a time`() async throws {
        let manifests = try await Manifests.load()
        #expect(manifests.workloads.count == 6)
        for workload in manifests.workloads {
            let pod = try #require(workload["spec", "template", "spec"] as? [String: Any])
            let container = try #require((pod["containers"] as? [[String: Any]])?.first)
            let security = try #require(container["securityContext"] as? [String: Any])
            #expect(security["readOnlyRootFilesystem"] as? Bool == true, "\(workload.name)")
            #expect(security["allowPrivilegeEscalation"] as? Bool == false)
            #expect((security["capabilities"] as? [String: [String]])?["drop"] == ["ALL"])
            #expect((pod["securityContext"] as? [String: Any])?["runAsNonRoot"] as? Bool == true)
            #expect(pod["automountServiceAccountToken"] as? Bool == false)
            #expect((container["resources"] as? [String: [String: String]])?["limits"]?["memory"] != nil)
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                let request = (container[probe] as? [String: Any])?["httpGet"] as? [String: Any]
                // The page shows faults of others, and is there while they last.
                let asksForFlow = probe == "readinessProbe" && workload.name != "health-monitor"
                #expect(
                    request?["path"] as? String == (asksForFlow ? "/readyz" : "/livez"), "\(workload.name) \(probe)")
            }
            let budget = try manifests.find("PodDisruptionBudget", workload.name)
            #expect(budget["spec", "maxUnavailable"] as? Int == 1)
            #expect(budget["spec", "unhealthyPodEvictionPolicy"] as? String == "AlwaysAllow")
            #expect(selector(budget["spec", "selector"]) == selector(workload["spec", "selector"]))
        }
    }

    @Test func `Services and policies mean the pods that there are, and their ports`() async throws {
        let manifests = try await Manifests.load()
        for workload in manifests.workloads {
            let labels = workload["spec", "template", "metadata", "labels"] as? [String: String] ?? [:]
            #expect(labels[label] == workload.name && labels["app.kubernetes.io/part-of"] == "sluice")
            let service = try manifests.find("Service", workload.name)
            #expect(service["spec", "selector"] as? [String: String] == [label: workload.name])
            let ports = workload["spec", "template", "spec", "containers", 0, "ports"] as? [[String: Any]] ?? []
            for port in service.list("spec", "ports") {
                let named = ports.first { $0["name"] as? String == port["targetPort"] as? String }
                #expect(named?["containerPort"] as? Int == port["port"] as? Int && named != nil, "\(workload.name)")
            }
        }
        let all = try manifests.find("NetworkPolicy", "sluice")
        #expect(selector(all["spec", "podSelector"]) == ["app.kubernetes.io/part-of": "sluice"])
        #expect(all["spec", "policyTypes"] as? [String] == ["Ingress", "Egress"])
        let open = all.list("spec", "egress").flatMap { $0["ports"] as? [[String: Any]] ?? [] }
            .compactMap { $0["port"] as? Int }
        #expect(Set([53, 1883, 8883, 5432, 6379]).isSubset(of: open))
        let page = try manifests.find("NetworkPolicy", "dashboard")
        #expect(selector(page["spec", "egress", 0, "to", 0, "podSelector"]) == ["app.kubernetes.io/part-of": "sluice"])
        #expect(page["spec", "egress", 0, "ports", 0, "port"] as? Int == 8080)
    }

    /// drain_limit is 20 s by default, and what is stopped before is redelivered.
    @Test func `a pod may finish what it has`() async throws {
        for workload in try await Manifests.load().workloads where workload.name != "health-monitor" {
            let grace = workload["spec", "template", "spec", "terminationGracePeriodSeconds"] as? Int
            #expect((grace ?? 0) > 20, "\(workload.name)")
        }
    }

    @Test func `each pipe leads to a Service without an address of its own, and policies let it through`() async throws
    {
        let manifests = try await Manifests.load()
        let settings = try self.settings()
        for (section, upstream) in try pipes(settings) {
            let below = section.replacing("_", with: "-")
            let service = try manifests.find("Service", upstream.host)
            #expect(service["spec", "clusterIP"] as? String == "None")
            #expect(service["spec", "publishNotReadyAddresses"] as? Bool == true)
            #expect(service.list("spec", "ports").contains { $0["port"] as? Int == upstream.port })
            let bind = settings[upstream.host.replacing("-", with: "_")]?["bind"] as? String
            #expect(bind == "tcp://0.0.0.0:\(upstream.port)")
            let lets = try manifests.find("NetworkPolicy", "pipe-of-\(upstream.host)")
            #expect(selector(lets["spec", "podSelector"]) == [label: upstream.host])
            #expect(selector(lets["spec", "ingress", 0, "from", 0, "podSelector"]) == [label: below])
            #expect(lets["spec", "ingress", 0, "ports", 0, "port"] as? Int == upstream.port)
            let goes = try manifests.find("NetworkPolicy", "upstream-of-\(below)")
            #expect(selector(goes["spec", "podSelector"]) == [label: below])
            #expect(goes["spec", "policyTypes"] as? [String] == ["Egress"])
            #expect(selector(goes["spec", "egress", 0, "to", 0, "podSelector"]) == [label: upstream.host])
            #expect(goes["spec", "egress", 0, "ports", 0, "port"] as? Int == upstream.port)
        }
        #expect(try pipes(settings).count == 4)
    }

    @Test func `the spool is on a volume that outlives its pod`() async throws {
        let ingest = try await Manifests.load().find("StatefulSet", "mqtt-ingest")
        #expect(ingest["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"] as? String == "Retain")
        let claim = try #require(ingest["spec", "volumeClaimTemplates", 0, "metadata", "name"] as? String)
        let mounts = ingest["spec", "template", "spec", "containers", 0, "volumeMounts"] as? [[String: Any]] ?? []
        let mount = try #require(mounts.first { $0["name"] as? String == claim }?["mountPath"] as? String)
        let spool = try settings()["mqtt_ingest"]?["spool"] as? [String: Any]
        #expect((spool?["directory"] as? String)?.hasPrefix(mount + "/") == true)
    }

    @Test func `autoscalers go by metrics that prometheus-adapter is told to make of what services emit`() async throws
    {
        let manifests = try await Manifests.load()
        let values = try Yams.load(
            yaml: String(contentsOf: Manifests.folder.appending(path: "prometheus-adapter.yaml"), encoding: .utf8))
        let rules = ((values as? [String: Any])?["rules"] as? [String: Any])?["custom"] as? [[String: Any]] ?? []
        let made = Set(rules.compactMap { ($0["name"] as? [String: String])?["as"] })
        #expect(manifests.of("HorizontalPodAutoscaler").count == 4)
        for scaler in manifests.of("HorizontalPodAutoscaler") {
            let metric = try #require(scaler["spec", "metrics", 0, "pods", "metric", "name"] as? String)
            #expect(made.contains(metric), "\(metric)")
            #expect(try manifests.find("Deployment", scaler.name)["spec", "replicas"] == nil)
        }
        let emitted = try String(
            contentsOf: Manifests.folder.appending(path: "../../docs/metrics.md"), encoding: .utf8)
        for rule in rules {
            let series = try #require((rule["seriesQuery"] as? String)?.prefix { $0 != "{" })
            #expect(emitted.contains("`\(series)`"), "\(series)")
        }
    }

    @Test func `the services take the settings, and get no secret that they do not read`() async throws {
        let handedIn = try await HandedIn()
        let secret = try handedIn.data(of: "Secret", "data")
        #expect(secret["postgres"] == Data("p'2".utf8) && secret["ca.pem"] == Data("authority\n".utf8))
        for workload in try await Manifests.load().workloads {
            let items = try #require(volume(workload, "secrets", "secret")?["items"] as? [[String: String]])
            let files = Dictionary(uniqueKeysWithValues: items.map { ($0["path"] ?? "", $0["key"] ?? "") })
            #expect(Set(files.values).isSubset(of: secret.keys) && files["operators"] == "operators")
            let isAtBroker = ["mqtt-ingest", "anomaly-detector", "health-monitor"].contains(workload.name)
            #expect((files["mqtt"] != nil) == isAtBroker)
            #expect((files["postgres"] != nil) == (workload.name != "mqtt-ingest"))
            try await handedIn.mount(files, for: workload.name)
        }
    }

    @Test func `each service has its own key of the pipes, and the public ones of all`() async throws {
        let handedIn = try await HandedIn()
        let known = try handedIn.data(of: "ConfigMap", "binaryData")
        #expect(known.count == 5)
        for workload in try await Manifests.load().workloads {
            let items = volume(workload, "secrets", "secret")?["items"] as? [[String: String]] ?? []
            let keys = items.compactMap { $0["key"] }.filter { $0.hasSuffix(".key") }
            let mounts = workload["spec", "template", "spec", "containers", 0, "volumeMounts"] as? [[String: Any]] ?? []
            guard workload.name != "health-monitor" else {
                #expect(keys.isEmpty && volume(workload, "known-keys", "configMap") == nil)
                continue
            }
            #expect(keys == ["\(workload.name).key"])
            #expect(volume(workload, "known-keys", "configMap")?["name"] as? String == "sluice-known-keys")
            let mount = try #require(mounts.first { $0["name"] as? String == "known-keys" })
            #expect(mount["readOnly"] as? Bool == true)
            let curve = try settings()["pipes"]?["curve"] as? [String: String]
            #expect(curve?["known_keys"] == mount["mountPath"] as? String)
            #expect(known["\(workload.name).pub"] == (try handedIn.publicKey(of: workload.name)))
        }
    }

    @Test func `nothing is made of a password or a key that was forgotten`() async throws {
        let tool = Manifests.folder.appending(path: "make-secrets")
        let password = try await Shell.run(tool, [], environment: ["MQTT": "m", "POSTGRES": "p"])
        #expect(password.status != 0 && password.errors.contains("Redis") && password.output.isEmpty)
        let folder = try TestDirectory.make()
        let key = try await Shell.run(
            tool, [],
            environment: ["MQTT": "m", "POSTGRES": "p", "REDIS": "r", "CA": "/etc/hostname", "KEYS": folder])
        #expect(key.status != 0 && key.errors.contains("\(folder)/mqtt-ingest.key") && key.output.isEmpty)
    }

    private func volume(_ workload: Manifest, _ name: String, _ kind: String) -> [String: Any]? {
        let volumes = workload["spec", "template", "spec", "volumes"] as? [[String: Any]] ?? []
        return volumes.first { $0["name"] as? String == name }?[kind] as? [String: Any]
    }

    private let label = "app.kubernetes.io/name"

    private func selector(_ value: Any?) -> [String: String]? {
        (value as? [String: Any])?["matchLabels"] as? [String: String]
    }

    private func settingsText() throws -> String {
        try String(contentsOf: Manifests.folder.appending(path: "settings.yaml"), encoding: .utf8)
    }

    private func settings() throws -> [String: [String: Any]] {
        try #require(try Yams.load(yaml: settingsText()) as? [String: [String: Any]])
    }

    private func pipes(_ settings: [String: [String: Any]]) throws -> [(
        below: String, upstream: (host: String, port: Int)
    )] {
        try settings.keys.sorted().flatMap { section in
            try (settings[section]?["upstream"] as? [String] ?? []).map { address in
                let url = try #require(URL(string: address))
                return (section, (try #require(url.host()), try #require(url.port)))
            }
        }
    }

    private func validate(_ text: String, _ version: String) async throws -> CommandResult {
        let file = "\(try TestDirectory.make())/manifests.yaml"
        try Data(text.utf8).write(to: URL(filePath: file))
        return try await Shell.run(
            try Manifests.tool("kubernetes-validate"), ["--strict", "--quiet", "--kubernetes-version", version, file])
    }
}
