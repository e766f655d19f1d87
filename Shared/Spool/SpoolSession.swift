internal import SQLite

/// What the spool remembers of the session with the broker.
extension Spool {
    /// The messages that were committed last: the newest hash for each packet id.
    public func recentPackets() throws(SpoolError) -> [UInt16: UInt64] {
        try stored { () throws(SQLiteError) in
            let select = try database.prepare("SELECT packets FROM recent_packets ORDER BY sequence")
            var newest: [UInt16: UInt64] = [:]
            while try select.step() {
                for packet in PacketList.decode(select.blob(0)) { newest[packet.packetID] = packet.hash }
            }
            return newest
        }
    }

    /// The broker has begun a new session and counts packet ids anew: what they meant before must not be taken for a
    /// redelivery. The rows stay, for they tell the last sequence.
    public func forgetPackets() throws(SpoolError) {
        try stored { () throws(SQLiteError) in
            try database.execute("UPDATE recent_packets SET packets = x''")
        }
    }

    /// The topic filters that the broker holds for our session, as far as we know.
    public func subscriptions() throws(SpoolError) -> Set<String> {
        try stored { () throws(SQLiteError) in
            let select = try database.prepare("SELECT filter FROM subscriptions")
            var filters: Set<String> = []
            while try select.step() { filters.insert(select.text(0)) }
            return filters
        }
    }

    public func setSubscriptions(_ filters: Set<String>) throws(SpoolError) {
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                try database.execute("DELETE FROM subscriptions")
                let insert = try database.prepare("INSERT INTO subscriptions VALUES (?)")
                for filter in filters {
                    try insert.bind(1, filter)
                    try insert.run()
                }
            }
        }
    }
}
