/// The columns of events.
enum EventColumns {
  static let all: [Table.Column] = [
    Table.Column("Last Seen") { event, now in .string(Table.age(lastSeen(event), now)) },
    Table.Column("Type") { event, _ in event["type"] ?? "" },
    Table.Column("Reason") { event, _ in event["reason"] ?? "" },
    Table.Column("Object") { event, _ in
      let kind = Table.text(event[path: "involvedObject", "kind"]).lowercased()
      let name = Table.text(event[path: "involvedObject", "name"])
      return .string(name.isEmpty ? kind : "\(kind)/\(name)")
    },
    Table.Column("Subobject", priority: 1) { event, _ in event[path: "involvedObject", "fieldPath"] ?? "" },
    Table.Column("Source", priority: 1) { event, _ in .string(source(event)) },
    Table.Column("Message") { event, _ in .string(trimmed(Table.text(event["message"]))) },
    Table.Column("First Seen", priority: 1) { event, now in .string(Table.age(firstSeen(event), now)) },
    Table.Column("Count", "string", priority: 1) { event, _ in
      let count = event[path: "series", "count"]?.integerValue ?? event["count"]?.integerValue ?? 0
      return .integer(max(count, 1))
    },
    Table.Column("Name", priority: 1) { event, _ in event[path: "metadata", "name"] ?? "" },
  ]

  private static func present(_ value: JSONValue?) -> JSONValue? { value?.stringValue == nil ? nil : value }

  private static func firstSeen(_ event: JSONValue) -> JSONValue? {
    present(event["firstTimestamp"]) ?? present(event["eventTime"])
  }

  private static func lastSeen(_ event: JSONValue) -> JSONValue? {
    present(event[path: "series", "lastObservedTime"]) ?? present(event["lastTimestamp"]) ?? firstSeen(event)
  }

  private static func source(_ event: JSONValue) -> String {
    let component = Table.text(event[path: "source", "component"], ifEmpty: Table.text(event["reportingComponent"]))
    let host = Table.text(event[path: "source", "host"], ifEmpty: Table.text(event["reportingInstance"]))
    return host.isEmpty ? component : "\(component), \(host)"
  }

  private static func trimmed(_ text: String) -> String {
    let kept = text.drop(while: \.isWhitespace)
    guard let last = kept.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(kept[...last])
  }
}
