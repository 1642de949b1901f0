import KubeAPI

/// What is asked of a request beyond the object's own rules.
enum Admission {
  /// Namespaces that the cluster cannot be without.
  static let lastingNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

  /// Nothing new comes into a namespace that is missing or is being deleted.
  static func checkNamespace(ofNew request: ObjectRequest, cache: WatchCache) async throws(StatusError) {
    guard request.resource.isNamespaced else { return }
    let name = request.path.namespace
    guard let namespace = cache.get("namespaces", name) else {
      throw .notFound(ResourceName(group: "", resource: "namespaces", kind: "Namespace"), name)
    }
    let json = namespace.json
    if json[path: "metadata", "deletionTimestamp"] == nil, json[path: "status", "phase"] != "Terminating" { return }
    var error = StatusError.forbidden(
      request.name, request.path.name,
      "unable to create new content in namespace \(name) because it is being terminated")
    error.details?.causes = [
      StatusCause {
        $0.reason = "NamespaceTerminating"
        $0.message = "namespace \(name) is being terminated"
        $0.field = "metadata.namespace"
      }
    ]
    throw error
  }

  static func checkDeletion(_ request: ObjectRequest) throws(StatusError) {
    if request.resource.groupResource == "namespaces", lastingNamespaces.contains(request.path.name) {
      throw .forbidden(request.name, request.path.name, "this namespace may not be deleted")
    }
  }

  /// Fills in what a new object has whether it is said or not.
  static func admitNew(_ object: inout JSONValue, _ request: ObjectRequest, cache: WatchCache) throws(StatusError) {
    switch request.resource.groupResource {
    case "pods":
      try admitServiceAccount(&object, request, cache: cache)
      addTolerations(&object)
    case "namespaces":
      if let name = object[path: "metadata", "name"] {
        object["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = name
        if object[path: "metadata", "labels"] == nil {
          object["metadata"]?["labels"] = ["kubernetes.io/metadata.name": name]
        }
      }
    default: break
    }
  }

  private static func admitServiceAccount(
    _ object: inout JSONValue, _ request: ObjectRequest, cache: WatchCache
  ) throws(StatusError) {
    var spec = object["spec"] ?? [:]
    let given = spec["serviceAccountName"]?.stringValue ?? spec["serviceAccount"]?.stringValue ?? ""
    let name = given.isEmpty ? "default" : given
    spec["serviceAccountName"] = .string(name)
    spec["serviceAccount"] = .string(name)
    object["spec"] = spec
    // The default account is made by a controller a moment after its namespace; a pod need not wait for it.
    if name != "default", cache.get("serviceaccounts", "\(request.path.namespace)/\(name)") == nil {
      let pod = object[path: "metadata", "name"]?.stringValue ?? ""
      throw .forbidden(
        request.name, pod,
        "error looking up service account \(request.path.namespace)/\(name): serviceaccount \"\(name)\" not found")
    }
  }

  /// A pod stays five minutes on a node that has become unreachable, unless it says otherwise.
  private static func addTolerations(_ object: inout JSONValue) {
    var tolerations = object[path: "spec", "tolerations"]?.arrayValue ?? []
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
      let isTolerated = tolerations.contains { toleration in
        let itsKey = toleration["key"]?.stringValue ?? ""
        let effect = toleration["effect"]?.stringValue ?? ""
        return (itsKey == key || itsKey.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
      }
      if !isTolerated {
        tolerations.append([
          "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
        ])
      }
    }
    object["spec"]?["tolerations"] = .array(tolerations)
  }
}
