/// Objects as rows with columns, which is what `kubectl get` asks for (`as=Table`).
public struct Table: Sendable {
  /// What of an object goes with its row (the `includeObject` parameter).
  public enum IncludeObject: String, Sendable { case none = "None", metadata = "Metadata", object = "Object" }

  struct Column: Sendable {
    var name: String
    var type: String
    var priority: Int64
    var cell: @Sendable (_ object: JSONValue, _ now: Time) -> JSONValue

    init(
      _ name: String, _ type: String = "string", priority: Int64 = 0,
      cell: @escaping @Sendable (_ object: JSONValue, _ now: Time) -> JSONValue
    ) {
      self.name = name
      self.type = type
      self.priority = priority
      self.cell = cell
    }
  }

  private let columns: [Column]
  private let rowConditions: (@Sendable (JSONValue) -> JSONValue?)?

  /// A table of a resource's objects; name and age for resources that have no columns of their own.
  public init(group: String, resource: String) {
    switch (group, resource) {
    case ("", "pods"):
      columns = PodColumns.all
      rowConditions = PodColumns.conditions
      return
    case ("", "services"): columns = ServiceColumns.all
    case ("", "nodes"): columns = NodeColumns.all
    case ("", "endpoints"): columns = EndpointColumns.endpoints
    case ("discovery.k8s.io", "endpointslices"): columns = EndpointColumns.endpointSlices
    case ("", "events"): columns = EventColumns.all
    case ("apps", "deployments"): columns = WorkloadColumns.deployments
    case ("apps", "replicasets"): columns = WorkloadColumns.replicaSets
    case ("networking.k8s.io", "networkpolicies"): columns = SimpleColumns.networkPolicies
    case ("", "configmaps"): columns = SimpleColumns.configMaps
    case ("", "secrets"): columns = SimpleColumns.secrets
    case ("", "serviceaccounts"): columns = SimpleColumns.serviceAccounts
    case ("", "namespaces"): columns = SimpleColumns.namespaces
    case ("coordination.k8s.io", "leases"): columns = SimpleColumns.leases
    default: columns = SimpleColumns.others
    }
    rowConditions = nil
  }

  /// A `Table` object with a row for each object.
  ///
  /// - Parameters:
  ///   - listMetadata: the list's `metadata`: its resourceVersion, and where the next page begins.
  ///   - version: `v1` or `v1beta1`, as the client's Accept header asks.
  ///   - includesColumns: the first event of a watch has the definitions of the columns, later ones need them not.
  public func render(
    _ objects: [JSONValue], listMetadata: JSONValue = [:], include: IncludeObject = .metadata, version: String = "v1",
    includesColumns: Bool = true, now: Time = .now()
  ) -> JSONValue {
    let rows = objects.map { row($0, include, version, now) }
    return [
      "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": listMetadata,
      "columnDefinitions": includesColumns ? .array(columns.map(Self.definition)) : [], "rows": .array(rows),
    ]
  }

  /// A table of the objects of a resource: a shorthand for ``init(group:resource:)`` and ``render(_:listMetadata:include:version:includesColumns:now:)``.
  public static func render(_ resource: Schema.Resource, _ objects: [JSONValue]) -> JSONValue {
    Table(group: resource.group, resource: resource.name).render(objects)
  }

  private static func definition(_ column: Column) -> JSONValue {
    [
      "name": .string(column.name), "type": .string(column.type),
      "format": .string(column.name == "Name" ? "name" : ""),
      "description": .string(Schema.descriptions["column.\(column.name)"] ?? ""), "priority": .integer(column.priority),
    ]
  }

  private func row(_ object: JSONValue, _ include: IncludeObject, _ version: String, _ now: Time) -> JSONValue {
    var row: JSONValue = ["cells": .array(columns.map { $0.cell(object, now) })]
    if let conditions = rowConditions?(object) { row["conditions"] = conditions }
    switch include {
    case .none: row["object"] = .null
    case .object: row["object"] = object
    case .metadata:
      row["object"] = [
        "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
        "metadata": object["metadata"] ?? [:],
      ]
    }
    return row
  }
}

extension Table.Column {
  static let name = Self("Name") { object, _ in object[path: "metadata", "name"] ?? "" }
  static let age = Self("Age") { object, now in .string(Table.age(object[path: "metadata", "creationTimestamp"], now)) }
}

extension Table {
  /// How long ago a moment was; `<unknown>` where there is none.
  static func age(_ value: JSONValue?, _ now: Time) -> String {
    guard let value, let time = Time(jsonValue: value) else { return "<unknown>" }
    return HumanDuration.text(seconds: now.seconds - time.seconds)
  }

  static func text(_ value: JSONValue?, ifEmpty placeholder: String = "") -> String {
    guard let text = value?.stringValue, !text.isEmpty else { return placeholder }
    return text
  }

  static func joined(_ values: [String], ifEmpty placeholder: String = "<none>") -> String {
    values.isEmpty ? placeholder : values.joined(separator: ",")
  }

  /// At most three of the values, and how many more there are.
  static func few(_ values: [String], ifEmpty placeholder: String) -> String {
    if values.isEmpty { return placeholder }
    let shown = values.prefix(3).joined(separator: ",")
    return values.count > 3 ? "\(shown) + \(values.count - 3) more..." : shown
  }

  /// `a=b,c=d`.
  /// A LabelSelector; `<none>` for one that says nothing.
  static func selector(_ value: JSONValue?) -> String {
    guard let value, let query = try? LabelQuery(LabelSelector(json: value)), !query.isEmpty else { return "<none>" }
    return query.description
  }

  static func labels(_ value: JSONValue?) -> String {
    guard let labels = value?.objectValue else { return "<none>" }
    return joined(labels.map { "\($0.key)=\($0.value.stringValue ?? "")" }.sorted())
  }
}
