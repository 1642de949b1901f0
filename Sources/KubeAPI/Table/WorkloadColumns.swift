/// The columns of deployments and replica sets.
enum WorkloadColumns {
  static let deployments: [Table.Column] =
    [
      .name,
      Table.Column("Ready") { object, _ in
        .string("\(count(object, "status", "readyReplicas"))/\(count(object, "spec", "replicas"))")
      },
      Table.Column("Up-to-date") { object, _ in .integer(count(object, "status", "updatedReplicas")) },
      Table.Column("Available") { object, _ in .integer(count(object, "status", "availableReplicas")) },
      .age,
    ] + template

  static let replicaSets: [Table.Column] =
    [
      .name,
      Table.Column("Desired", "integer") { object, _ in .integer(count(object, "spec", "replicas")) },
      Table.Column("Current", "integer") { object, _ in .integer(count(object, "status", "replicas")) },
      Table.Column("Ready", "integer") { object, _ in .integer(count(object, "status", "readyReplicas")) },
      .age,
    ] + template

  private static let template: [Table.Column] = [
    Table.Column("Containers", priority: 1) { object, _ in .string(containers(object, "name")) },
    Table.Column("Images", priority: 1) { object, _ in .string(containers(object, "image")) },
    Table.Column("Selector", priority: 1) { object, _ in .string(selector(object)) },
  ]

  private static func count(_ object: JSONValue, _ part: String, _ name: String) -> Int64 {
    object[path: part, name]?.integerValue ?? 0
  }

  private static func containers(_ object: JSONValue, _ field: String) -> String {
    let containers = object[path: "spec", "template", "spec", "containers"]?.arrayValue ?? []
    return containers.map { Table.text($0[field]) }.joined(separator: ",")
  }

  private static func selector(_ object: JSONValue) -> String { Table.selector(object[path: "spec", "selector"]) }
}
