/// The documents by which clients learn what the API serves: `/api`, `/apis` and a list a group version.
public struct Discovery: Sendable {
  public let schema: Schema

  public init(_ schema: Schema = .builtin) { self.schema = schema }

  /// `/api`.
  ///
  /// - Parameter serverAddress: host and port that clients may use, `10.0.0.1:6443`.
  public func coreVersions(serverAddress: String) -> JSONValue {
    [
      "kind": "APIVersions", "versions": ["v1"],
      "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]],
    ]
  }

  /// The groups with a name, in the order of their definition.
  public var groups: [String] {
    var found: [String] = []
    for version in schema.groupVersions where !version.group.isEmpty && !found.contains(version.group) {
      found.append(version.group)
    }
    return found
  }

  /// `/apis`.
  public func groupList() -> JSONValue {
    ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map(groupMembers))]
  }

  /// `/apis/GROUP`; `nil` where the group has no resources.
  public func group(_ name: String) -> JSONValue? {
    guard groups.contains(name) else { return nil }
    var group = groupMembers(name)
    group["kind"] = "APIGroup"
    group["apiVersion"] = "v1"
    return group
  }

  private func groupMembers(_ name: String) -> JSONValue {
    let versions: [JSONValue] = schema.groupVersions.filter { $0.group == name }.map {
      ["groupVersion": .string($0.description), "version": .string($0.version)]
    }
    return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
  }

  /// `/api/v1` and `/apis/GROUP/VERSION`; `nil` where the group version has no resources.
  public func resourceList(_ groupVersion: GroupVersion) -> JSONValue? {
    let resources = schema.resources.filter { $0.groupVersion == groupVersion }
    if resources.isEmpty { return nil }
    var entries: [JSONValue] = []
    for resource in resources {
      entries.append(Self.entry(resource))
      for subresource in resource.subresources { entries.append(Self.entry(subresource, of: resource)) }
    }
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(groupVersion.description),
      "resources": .array(entries),
    ]
  }

  private static func entry(_ resource: Schema.Resource) -> JSONValue {
    var entry: JSONValue = [
      "name": .string(resource.name), "singularName": .string(resource.singular),
      "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind), "verbs": strings(resource.verbs),
    ]
    if !resource.shortNames.isEmpty { entry["shortNames"] = strings(resource.shortNames) }
    if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
    return entry
  }

  private static func entry(_ subresource: Schema.Subresource, of resource: Schema.Resource) -> JSONValue {
    var entry: JSONValue = [
      "name": .string("\(resource.name)/\(subresource.name)"), "singularName": "",
      "namespaced": .bool(resource.isNamespaced),
    ]
    let kind = subresource.groupVersionKind
    if kind.groupVersion != resource.groupVersion {
      entry["group"] = .string(kind.group)
      entry["version"] = .string(kind.version)
    }
    entry["kind"] = .string(kind.kind)
    entry["verbs"] = strings(subresource.verbs)
    return entry
  }

  private static func strings(_ values: [String]) -> JSONValue { .array(values.map(JSONValue.string)) }

  // MARK: Aggregated discovery (KEP-3352)

  /// All resources of `/api` or of `/apis` in one document.
  ///
  /// - Parameters:
  ///   - isCore: `/api` where true, `/apis` otherwise.
  ///   - version: `v2` or `v2beta1`, as the client's Accept header asks.
  public func aggregated(isCore: Bool, version: String) -> JSONValue {
    let names = isCore ? [""] : groups
    let items: [JSONValue] = names.map { name in
      let versions: [JSONValue] = schema.groupVersions.filter { $0.group == name }.map { groupVersion in
        let resources = schema.resources.filter { $0.groupVersion == groupVersion }.map(Self.aggregatedEntry)
        return ["version": .string(groupVersion.version), "resources": .array(resources), "freshness": "Current"]
      }
      var metadata: JSONValue = [:]
      if !name.isEmpty { metadata["name"] = .string(name) }
      metadata["creationTimestamp"] = .null
      return ["metadata": metadata, "versions": .array(versions)]
    }
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
      "items": .array(items),
    ]
  }

  private static func aggregatedEntry(_ resource: Schema.Resource) -> JSONValue {
    var entry: JSONValue = [
      "resource": .string(resource.name), "responseKind": responseKind(resource.groupVersionKind),
      "scope": .string(resource.isNamespaced ? "Namespaced" : "Cluster"),
      "singularResource": .string(resource.singular), "verbs": strings(resource.verbs),
    ]
    if !resource.shortNames.isEmpty { entry["shortNames"] = strings(resource.shortNames) }
    if !resource.categories.isEmpty { entry["categories"] = strings(resource.categories) }
    if !resource.subresources.isEmpty {
      entry["subresources"] = .array(
        resource.subresources.map { subresource in
          [
            "subresource": .string(subresource.name), "responseKind": responseKind(subresource.groupVersionKind),
            "verbs": strings(subresource.verbs),
          ]
        })
    }
    return entry
  }

  private static func responseKind(_ kind: GroupVersionKind) -> JSONValue {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }
}
