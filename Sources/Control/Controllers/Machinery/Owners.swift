import KubeAPI

extension ObjectMeta {
  /// The one owner that controls the object.
  var controllerRef: OwnerReference? { ownerReferences.first { $0.controller == true } }
}

extension OwnerReference {
  /// A reference to the controller of an object.
  init<T: KubeObject>(controller object: T) {
    self.init()
    apiVersion = T.resource.apiVersion
    kind = T.resource.kind
    name = object.metadata.name
    uid = object.metadata.uid
    controller = true
    blockOwnerDeletion = true
  }
}

/// Which of the objects that could belong to a controller do, by owner reference and selector.
enum Ownership {
  enum Verdict: Hashable {
    case owned
    /// Nobody's, and selected.
    case adopt
    /// Owned, but not selected any more.
    case release
    case other
  }

  static func verdict(
    on metadata: ObjectMeta, of owner: ObjectMeta, selector: LabelQuery
  ) -> Verdict {
    let matches = selector.matches(metadata.labels)
    if let reference = metadata.controllerRef {
      guard reference.uid == owner.uid else { return .other }
      return matches ? .owned : owner.deletionTimestamp == nil ? .release : .owned
    }
    let canAdopt = matches && owner.deletionTimestamp == nil && metadata.deletionTimestamp == nil
    return canAdopt ? .adopt : .other
  }

  /// A patch that adds the owner, valid only for the object with that uid.
  static func adoption(_ owner: OwnerReference, existing: [OwnerReference], uid: String?) -> JSONValue {
    var metadata: JSONValue = ["ownerReferences": .array((existing + [owner]).map(\.json))]
    if let uid { metadata["uid"] = .string(uid) }
    return ["metadata": metadata]
  }

  static func release(of ownerUID: String?, existing: [OwnerReference], uid: String?) -> JSONValue {
    let rest = existing.filter { $0.uid != ownerUID }
    var metadata: JSONValue = ["ownerReferences": rest.isEmpty ? .null : .array(rest.map(\.json))]
    if let uid { metadata["uid"] = .string(uid) }
    return ["metadata": metadata]
  }
}
