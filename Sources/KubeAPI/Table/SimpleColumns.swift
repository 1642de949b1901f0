/// The columns of resources with little to show.
enum SimpleColumns {
  static let configMaps: [Table.Column] = [
    .name,
    Table.Column("Data", "integer") { object, _ in .integer(count(object["data"]) + count(object["binaryData"])) },
    .age,
  ]

  static let secrets: [Table.Column] = [
    .name,
    Table.Column("Type") { object, _ in object["type"] ?? "" },
    Table.Column("Data", "integer") { object, _ in .integer(count(object["data"])) },
    .age,
  ]

  static let serviceAccounts: [Table.Column] = [
    .name,
    Table.Column("Secrets", "integer") { object, _ in .integer(Int64(object["secrets"]?.arrayValue?.count ?? 0)) },
    .age,
  ]

  static let namespaces: [Table.Column] = [
    .name, Table.Column("Status") { object, _ in object[path: "status", "phase"] ?? "" }, .age,
  ]

  static let leases: [Table.Column] = [
    .name, Table.Column("Holder") { object, _ in object[path: "spec", "holderIdentity"] ?? "" }, .age,
  ]

  static let networkPolicies: [Table.Column] = [
    .name,
    Table.Column("Pod-Selector") { object, _ in .string(Table.selector(object[path: "spec", "podSelector"])) },
    .age,
  ]

  static let others: [Table.Column] = [
    .name,
    Table.Column("Created At") { object, _ in object[path: "metadata", "creationTimestamp"] ?? "<unknown>" },
  ]

  private static func count(_ value: JSONValue?) -> Int64 { Int64(value?.objectValue?.count ?? 0) }
}
