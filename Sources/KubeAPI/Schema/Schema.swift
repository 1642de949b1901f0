/// The one description of the API's objects: messages with their fields, and the resources that serve them.
///
/// A schema is a value. ``builtin`` holds the kinds that Skiff serves; more definitions can be added to a copy of it.
public struct Schema: Sendable {
  /// The messages in the order of their definition. A ``Field``'s type points into this array.
  public private(set) var messages: [Message] = []
  public private(set) var resources: [Resource] = []
  private var messageIndex: [String: Int] = [:]
  private var kindIndex: [GroupVersionKind: Int] = [:]

  /// Reads definitions in the text format that the README of this module describes.
  ///
  /// - Parameters:
  ///   - definitions: texts of one package each.
  ///   - resources: the text of the resource table.
  /// - Throws: ``SchemaDefinitionError`` with the line that does not fit.
  public init(definitions: [String], resources: String) throws(SchemaDefinitionError) {
    var parser = SchemaDefinitionParser()
    for text in definitions { try parser.parsePackage(text) }
    messages = try parser.resolved()
    self.resources = try parser.parseResources(resources)
    for (position, message) in messages.enumerated() { messageIndex[message.name] = position }
    for resource in self.resources {
      try register(resource.groupVersionKind)
      for subresource in resource.subresources { try register(subresource.groupVersionKind) }
      if resource.verbs.contains("list") {
        var list = resource.groupVersionKind
        list.kind += "List"
        try register(list)
      }
    }
    for name in Self.envelopeMessages {
      guard let position = messageIndex[name] else { continue }
      messages[position].isTopLevel = true
      let kind = messages[position].shortName
      kindIndex[GroupVersionKind(group: "", version: "v1", kind: kind)] = position
      kindIndex[GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: kind)] = position
    }
  }

  /// Messages with a kind of their own that no resource holds.
  private static let envelopeMessages = [
    "meta.v1.Status", "meta.v1.DeleteOptions", "meta.v1.CreateOptions", "meta.v1.UpdateOptions", "meta.v1.PatchOptions",
    "meta.v1.ListOptions", "meta.v1.GetOptions", "meta.v1.APIGroup", "meta.v1.APIGroupList", "meta.v1.APIResourceList",
    "meta.v1.APIVersions", "meta.v1.WatchEvent",
  ]

  private mutating func register(_ kind: GroupVersionKind) throws(SchemaDefinitionError) {
    let name = "\(Self.package(ofGroup: kind.group)).\(kind.version).\(kind.kind)"
    guard let position = messageIndex[name] else {
      throw SchemaDefinitionError(line: "resource of \(kind)", message: "there is no message \(name)")
    }
    messages[position].isTopLevel = true
    kindIndex[kind] = position
  }

  /// The first word of a package's name: `apps` for `apps`, `coordination` for `coordination.k8s.io`, `core` for the
  /// group without a name.
  public static func package(ofGroup group: String) -> String {
    if group.isEmpty { return "core" }
    return String(group.prefix { $0 != "." })
  }

  /// The message of a full name, `core.v1.Pod`.
  public func message(named name: String) -> Message? { messageIndex[name].map { messages[$0] } }

  /// The message of a kind.
  public func message(_ kind: GroupVersionKind) -> Message? { kindIndex[kind].map { messages[$0] } }

  /// The message of an object, by its `apiVersion` and `kind`.
  public func message(of object: JSONValue) -> Message? { GroupVersionKind(of: object).flatMap { message($0) } }

  /// The message that a field holds, or whose values it lists.
  public func message(_ type: Field.Kind) -> Message? {
    if case .message(let position) = type { messages[position] } else { nil }
  }

  /// The resource of a plural name, `("apps", "v1", "deployments")`.
  public func resource(group: String, version: String, resource: String) -> Resource? {
    resources.first { $0.name == resource && $0.group == group && $0.version == version }
  }

  /// The resource that holds a kind.
  public func resource(_ kind: GroupVersionKind) -> Resource? {
    resources.first { $0.groupVersionKind == kind }
  }

  /// The group versions that have resources, in the order of their definition.
  public var groupVersions: [GroupVersion] {
    var found: [GroupVersion] = []
    for resource in resources where !found.contains(resource.groupVersion) { found.append(resource.groupVersion) }
    return found
  }

  /// The same schema with fewer resources: those for which `isServed` holds. Subresources are asked for with their name.
  public func serving(_ isServed: (_ resource: Resource, _ subresource: String?) -> Bool) -> Schema {
    var schema = self
    schema.resources = resources.compactMap { resource in
      guard isServed(resource, nil) else { return nil }
      var kept = resource
      kept.subresources = resource.subresources.filter { isServed(resource, $0.name) }
      return kept
    }
    return schema
  }
}

extension Schema {
  /// The kinds that Skiff knows, read from ``Schema/Definitions`` at first use.
  public static let builtin: Schema = {
    do {
      return try Schema(
        definitions: [
          metaV1, coreV1, appsV1, authenticationV1, authorizationV1, autoscalingV1, coordinationV1, discoveryV1,
          networkingV1, policyV1,
        ],
        resources: resourceTable)
    } catch {
      fatalError("the built-in schema is broken (a test reads it): \(error)")
    }
  }()
}

/// A definition that cannot be read.
public struct SchemaDefinitionError: Error, Hashable, CustomStringConvertible {
  public var line: String
  public var message: String

  public var description: String { "cannot read the schema at \u{201C}\(line)\u{201D}: \(message)" }
}
