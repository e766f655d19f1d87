/// What several services measure: name, help and buckets are written once. `docs/metrics.md` says what each of them counts under it.
extension MetricsRegistry {
    public func receivedReadings() -> Counter {
        counter("sluice_received_readings_total", "Readings taken in.")
    }

    public func redeliveredReadings() -> Counter {
        counter(
            "sluice_redelivered_readings_total", "Readings that upstream had sent before, to this instance or another.")
    }

    public func sentReadings() -> Counter {
        counter("sluice_sent_readings_total", "Readings handed on, and acknowledged by what comes next.")
    }

    public func receivedMessages() -> Counter {
        counter("sluice_received_messages_total", "MQTT messages read from the broker.")
    }

    public func duplicateMessages() -> Counter {
        counter(
            "sluice_duplicate_messages_total", "Messages that the broker sent again though they are in the spool.")
    }

    public func inFlightReadings() -> Gauge {
        gauge("sluice_inflight_readings", "Readings taken on whose acknowledgement, commit or merge is still to come.")
    }

    public func utilization() -> Gauge {
        gauge("sluice_utilization", "Share of the time spent working on batches, 0 to 1.")
    }

    /// Time that the service itself took for a batch, observed once for each of its readings.
    public func stageLatency() -> Histogram {
        histogram("sluice_stage_latency_seconds", "Time that this stage took for a reading's batch.")
    }

    /// Where the way ends: in the table of readings, and in the rollups.
    public func endToEndLatency() -> Histogram {
        histogram(
            "sluice_e2e_latency_seconds", "From reading a message from the broker to the commit in PostgreSQL.",
            buckets: .endToEndLatencies)
    }

    /// - Parameter dependency: a kind of server, never an address.
    public func connection(to dependency: String) -> Gauge {
        gauge("sluice_connection_up", "1 while connected to the dependency.", labels: ["dependency": dependency])
    }

    public func spoolBytes() -> Gauge {
        gauge("sluice_spool_bytes", "Encoded bytes in the spool.")
    }

    public func spoolLimit() -> Gauge {
        gauge(
            "sluice_spool_limit_bytes",
            "Bytes in the spool from which on nothing is taken, or old readings are given up.")
    }

    public func spoolFree() -> Gauge {
        gauge("sluice_spool_free_bytes", "Bytes that the disk of the spool has room for; NaN where it does not say.")
    }

    public func spoolMinimumFree() -> Gauge {
        gauge("sluice_spool_minimum_free_bytes", "Free bytes of the disk below which nothing is taken.")
    }
}
