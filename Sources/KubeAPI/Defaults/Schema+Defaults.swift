extension Schema {
  /// Puts in what an object leaves unsaid, as upstream does before it validates and stores an object: the defaults that
  /// the schema states, and those that depend on other fields.
  ///
  /// What is only known to a server is not put in: addresses, node ports, uid, a namespace's finalizer.
  ///
  /// - Parameter object: an object that ``decode(_:as:)`` has read.
  public func applyDefaults(to object: inout JSONValue, as message: Message) {
    fill(&object, message)
    switch message.name {
    case "core.v1.Pod": Defaults.pod(&object)
    case "core.v1.Namespace": Defaults.namespace(&object)
    case "core.v1.Node": Defaults.node(&object)
    case "core.v1.Secret": Defaults.secret(&object)
    case "core.v1.Service": Defaults.service(&object)
    case "networking.v1.NetworkPolicy": Defaults.networkPolicy(&object)
    default: break
    }
  }

  private func fill(_ value: inout JSONValue, _ message: Message) {
    if message.isBareList || !hasDefaults(message) { return }
    guard case .object(var object) = value else { return }
    value = .null
    for field in message.fields {
      if let defaultValue = field.defaultValue, !object.contains(field.name) { object[field.name] = defaultValue }
    }
    object.updateValues { key, member in
      guard let field = message.field(key) else { return }
      if field.kind == .quantity, field.shape == .map {
        Defaults.roundQuantities(&member)
        return
      }
      guard case .message(let position) = field.kind else { return }
      let inner = messages[position]
      switch (field.shape, member) {
      case (.one, _): fill(&member, inner)
      case (.list, .array(var elements)):
        member = .null
        for index in elements.indices { fill(&elements[index], inner) }
        member = .array(elements)
      case (.map, .object(var members)):
        member = .null
        members.updateValues { _, element in fill(&element, inner) }
        member = .object(members)
      default: break
      }
    }
    Defaults.complete(&object, message.name)
    value = .object(object)
  }

  /// Metadata is the same for all and has no defaults: it is not walked.
  private func hasDefaults(_ message: Message) -> Bool { message.package != "meta.v1" }
}
