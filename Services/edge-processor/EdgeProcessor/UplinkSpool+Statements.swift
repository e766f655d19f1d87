internal import SQLite
internal import Spool

extension UplinkSpool {
    /// The spool's SQL.
    struct Statements {
        private let database: Database
        private let insertMessage: Statement
        private let deleteMessage: Statement
        private let selectNext: Statement
        private let setNumber: Statement
        private let insertPacket: Statement
        private let forgetPackets: Statement
        private let hold: Statement
        private let release: Statement
        /// More than a broker can have in flight, fewer than there are packet ids.
        private static let packetsRemembered = 32_768

        init(_ database: Database) throws(SQLiteError) {
            self.database = database
            insertMessage = try database.prepare(
                "INSERT INTO messages (kind, important, topic, payload) VALUES (?, ?, ?, ?)")
            deleteMessage = try database.prepare("DELETE FROM messages WHERE sequence = ?")
            selectNext = try database.prepare(
                """
                SELECT sequence, number, kind, important, thinned, topic, payload FROM messages WHERE sequence > ?
                ORDER BY sequence LIMIT ?
                """)
            setNumber = try database.prepare("UPDATE messages SET number = ? WHERE sequence = ?")
            insertPacket = try database.prepare("INSERT INTO recent_packets (packet_id, hash) VALUES (?, ?)")
            forgetPackets = try database.prepare(
                "DELETE FROM recent_packets WHERE position <= (SELECT max(position) FROM recent_packets) - ?")
            hold = try database.prepare("INSERT OR REPLACE INTO held VALUES (?, ?, ?)")
            release = try database.prepare("DELETE FROM held WHERE topic = ?")
        }

        func producer() throws(SQLiteError) -> String {
            let select = try database.prepare("SELECT producer FROM gateway")
            return try select.step() ? select.text(0) : ""
        }

        /// - Returns: messages, their bytes, and the bytes of those that have a number.
        func stock() throws(SQLiteError) -> (Int, Int, Int) {
            let select = try database.prepare(
                """
                SELECT count(*), coalesce(sum(\(Self.weight)), 0), coalesce(sum(\(Self.weight)) FILTER (WHERE number > 0), 0)
                FROM messages
                """)
            guard try select.step() else { return (0, 0, 0) }
            return (Int(select.integer(0)), Int(select.integer(1)), Int(select.integer(2)))
        }

        private static let weight = "length(payload) + length(CAST(topic AS BLOB)) + \(UplinkSpool.overhead)"

        /// Those of these that are still in the file.
        func weigh(_ sequences: Set<Int64>) throws(SQLiteError) -> (count: Int, bytes: Int) {
            let select = try database.prepare("SELECT \(Self.weight) FROM messages WHERE sequence = ?")
            var total = (count: 0, bytes: 0)
            for sequence in sequences {
                try select.bind(1, sequence)
                if try select.step() { total = (total.count + 1, total.bytes + Int(select.integer(0))) }
                select.reset()
            }
            return total
        }

        /// Of pages that the file has and nothing is in.
        func unusedBytes() throws(SQLiteError) -> Int {
            Int(try database.integer("PRAGMA freelist_count") * database.integer("PRAGMA page_size"))
        }

        func setAside(_ delivery: Delivery, because why: String) throws(SQLiteError) {
            let insert = try database.prepare("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?)")
            try insert.bind(1, delivery.number)
            try insert.bind(2, delivery.message.topic)
            try insert.bind(4, why)
            try insert.run(blobs: [(delivery.message.payload(thinned: delivery.thinned), 3)])
        }

        func subscriptions() throws(SQLiteError) -> Set<String> {
            let select = try database.prepare("SELECT filter FROM subscriptions")
            var filters: Set<String> = []
            while try select.step() { filters.insert(select.text(0)) }
            return filters
        }

        func setSubscriptions(_ filters: Set<String>) throws(SQLiteError) {
            try database.execute("DELETE FROM subscriptions")
            let insert = try database.prepare("INSERT INTO subscriptions VALUES (?)")
            for filter in filters {
                try insert.bind(1, filter)
                try insert.run()
            }
        }

        func insert(_ message: UplinkMessage) throws(SQLiteError) {
            try insertMessage.bind(1, message.kind.rawValue)
            try insertMessage.bind(2, message.isImportant ? 1 : 0)
            try insertMessage.bind(3, message.topic)
            try insertMessage.run(blobs: [(message.payload, 4)])
        }

        func delete(_ sequence: Int64) throws(SQLiteError) {
            try deleteMessage.bind(1, sequence)
            try deleteMessage.run()
        }

        func next(after sequence: Int64, limit: Int) throws(SQLiteError) -> [Delivery] {
            defer { selectNext.reset() }
            try selectNext.bind(1, sequence)
            try selectNext.bind(2, Int64(limit))
            var found: [Delivery] = []
            while try selectNext.step() {
                let message = UplinkMessage(
                    kind: UplinkMessage.Kind(rawValue: selectNext.integer(2)) ?? .verbatim,
                    topic: selectNext.text(5), payload: selectNext.blob(6), isImportant: selectNext.integer(3) != 0)
                found.append(
                    Delivery(
                        sequence: selectNext.integer(0), number: selectNext.integer(1), message: message,
                        thinned: selectNext.integer(4)))
            }
            return found
        }

        /// Within a transaction.
        func number(_ found: [Delivery]) throws(SQLiteError) -> [Delivery] {
            var next = try database.integer("SELECT next_number FROM gateway")
            var numbered = found
            for index in numbered.indices where numbered[index].number == 0 {
                numbered[index].number = next
                try setNumber.bind(1, next)
                try setNumber.bind(2, numbered[index].sequence)
                try setNumber.run()
                next += 1
            }
            try database.execute("UPDATE gateway SET next_number = \(next)")
            return numbered
        }

        func remember(_ packets: [RecentPacket]) throws(SQLiteError) {
            guard !packets.isEmpty else { return }
            for packet in packets {
                try insertPacket.bind(1, Int64(packet.packetID))
                try insertPacket.bind(2, Int64(bitPattern: packet.hash))
                try insertPacket.run()
            }
            try forgetPackets.bind(1, Int64(Self.packetsRemembered))
            try forgetPackets.run()
        }

        func recentPackets() throws(SQLiteError) -> [UInt16: UInt64] {
            let select = try database.prepare("SELECT packet_id, hash FROM recent_packets ORDER BY position")
            var newest: [UInt16: UInt64] = [:]
            while try select.step() {
                newest[UInt16(clamping: select.integer(0))] = UInt64(bitPattern: select.integer(1))
            }
            return newest
        }

        func apply(_ change: HeldReading.Change) throws(SQLiteError) {
            switch change {
            case .hold(let held):
                try hold.bind(1, held.message.topic)
                try hold.bind(2, held.message.isImportant ? 1 : 0)
                try hold.run(blobs: [(held.message.payload, 3)])
            case .release(let topic):
                try release.bind(1, topic)
                try release.run()
            }
        }

        func heldReadings() throws(SQLiteError) -> [HeldReading] {
            let select = try database.prepare("SELECT topic, important, payload FROM held")
            var held: [HeldReading] = []
            while try select.step() {
                held.append(
                    HeldReading(
                        message: UplinkMessage(
                            kind: .reading, topic: select.text(0), payload: select.blob(2),
                            isImportant: select.integer(1) != 0)))
            }
            return held
        }
    }
}
