import KubeAPI

/// The environment variables of a container, in order; later ones stand over earlier ones of the same name.
struct Environment {
  var pod: Pod
  var container: Container
  var fields: DownwardFields
  /// Of ConfigMaps and Secrets that the container names: fetched before.
  var objects: [ConfigObjects.ID: ConfigObjects.Content]
  var services: [String: String]

  /// The objects that the container's variables come from.
  static func objects(of container: Container, namespace: String) -> Set<ConfigObjects.ID> {
    var ids: Set<ConfigObjects.ID> = []
    func add(_ kind: ConfigObjects.Kind, _ name: String?) {
      guard let name else { return }
      ids.insert(.init(kind: kind, key: ObjectKey(namespace: namespace, name: name)))
    }
    for source in container.envFrom {
      add(.configMap, source.configMapRef?.name)
      add(.secret, source.secretRef?.name)
    }
    for variable in container.env {
      add(.configMap, variable.valueFrom?.configMapKeyRef?.name)
      add(.secret, variable.valueFrom?.secretKeyRef?.name)
    }
    return ids
  }

  /// - Throws: ``KubeletError`` in the words of the container's waiting message.
  func variables() throws -> [(name: String, value: String)] {
    var order: [String] = []
    var values: [String: String] = [:]
    func set(_ name: String, _ value: String) {
      if values.updateValue(value, forKey: name) == nil { order.append(name) }
    }
    // $(NAME) sees service variables, but one that the pod sets itself comes first.
    for (name, value) in services.sorted(by: { $0.key < $1.key }) { set(name, value) }
    for source in container.envFrom {
      let content: ConfigObjects.Content
      if let reference = source.configMapRef {
        content = try object(.configMap, reference.name, optional: reference.optional) ?? [:]
      } else if let reference = source.secretRef {
        content = try object(.secret, reference.name, optional: reference.optional) ?? [:]
      } else {
        continue
      }
      for (key, value) in content.sorted(by: { $0.key < $1.key }) {
        set((source.prefix ?? "") + key, String(decoding: value, as: UTF8.self))
      }
    }
    for variable in container.env {
      let name = variable.name ?? ""
      guard let source = variable.valueFrom else {
        set(name, Expansion.expand(variable.value ?? "", values))
        continue
      }
      if let field = source.fieldRef {
        set(name, try fields.value(ofField: field.fieldPath ?? ""))
      } else if let resource = source.resourceFieldRef {
        set(name, try fields.value(ofResource: resource, in: container))
      } else if let reference = source.configMapKeyRef {
        if let value = try value(.configMap, reference.name, reference.key, optional: reference.optional) {
          set(name, value)
        }
      } else if let reference = source.secretKeyRef {
        if let value = try value(.secret, reference.name, reference.key, optional: reference.optional) {
          set(name, value)
        }
      }
    }
    return order.compactMap { name in values[name].map { (name, $0) } }
  }

  private func object(
    _ kind: ConfigObjects.Kind, _ name: String?, optional: Bool?
  ) throws -> ConfigObjects.Content? {
    let key = ObjectKey(namespace: pod.metadata.namespace ?? "", name: name ?? "")
    if let content = objects[.init(kind: kind, key: key)] { return content }
    if optional == true { return nil }
    throw KubeletError("\(kind.rawValue.lowercased()) \"\(name ?? "")\" not found")
  }

  private func value(
    _ kind: ConfigObjects.Kind, _ name: String?, _ key: String?, optional: Bool?
  ) throws -> String? {
    guard let content = try object(kind, name, optional: optional) else { return nil }
    if let bytes = content[key ?? ""] { return String(decoding: bytes, as: UTF8.self) }
    if optional == true { return nil }
    let what = kind == .configMap ? "ConfigMap" : "Secret"
    throw KubeletError("couldn't find key \(key ?? "") in \(what) \(pod.metadata.namespace ?? "")/\(name ?? "")")
  }
}
