import KubeAPI

/// What the server itself writes into objects, whatever the client sent.
enum ObjectPreparation {
  /// Resources whose objects count the changes of their specification.
  private static let generations: Set<String> = [
    "pods", "deployments.apps", "replicasets.apps", "endpointslices.discovery.k8s.io",
  ]

  static func prepareForCreate(_ object: inout JSONValue, _ resource: Schema.Resource) {
    var metadata = ObjectMeta(json: object["metadata"] ?? [:])
    metadata.uid = UniqueID.random()
    metadata.creationTimestamp = .now()
    metadata.deletionTimestamp = nil
    metadata.deletionGracePeriodSeconds = nil
    metadata.selfLink = nil
    metadata.resourceVersion = nil
    metadata.managedFields = []
    metadata.generation = generations.contains(resource.groupResource) ? 1 : nil
    object["metadata"] = tidied(metadata.json)
    switch resource.groupResource {
    case "pods":
      let pod = Pod(json: object)
      object["status"] = ["phase": "Pending", "qosClass": .string(QualityOfService.of(pod).rawValue)]
    case "services": object["status"] = ["loadBalancer": [:]]
    case "namespaces":
      object["status"] = ["phase": "Active"]
      var finalizers = object[path: "spec", "finalizers"]?.arrayValue ?? []
      if !finalizers.contains("kubernetes") { finalizers.append("kubernetes") }
      var spec = object["spec"] ?? [:]
      spec["finalizers"] = .array(finalizers)
      object["spec"] = spec
    case "nodes": break
    default:
      if resource.subresource("status") != nil { object["status"] = [:] }
    }
  }

  /// Puts back what an update may not change, and what belongs to the other half (specification or status).
  static func prepareForUpdate(
    _ new: inout JSONValue, old: JSONValue, _ resource: Schema.Resource, subresource: String?
  ) {
    let oldMetadata = ObjectMeta(json: old["metadata"] ?? [:])
    switch subresource {
    case "status":
      let status = new["status"]
      let metadata = new["metadata"]
      let apps = resource.group == "apps"
      var kept = old
      kept["status"] = status
      kept["metadata"] = metadata
      if apps { kept["metadata"]?["labels"] = old[path: "metadata", "labels"] }
      kept["metadata"]?["ownerReferences"] = old[path: "metadata", "ownerReferences"]
      new = kept
    case "finalize":
      var kept = old
      var spec = kept["spec"] ?? [:]
      spec["finalizers"] = new[path: "spec", "finalizers"]
      kept["spec"] = spec
      new = kept
    case "binding": break
    case "ephemeralcontainers":
      var kept = old
      kept["spec"]?["ephemeralContainers"] = new[path: "spec", "ephemeralContainers"]
      new = kept
    default:
      if resource.subresource("status") != nil { new["status"] = old["status"] }
      if resource.groupResource == "namespaces" {
        var spec = new["spec"] ?? [:]
        spec["finalizers"] = old[path: "spec", "finalizers"]
        new["spec"] = spec
      }
    }
    var metadata = ObjectMeta(json: new["metadata"] ?? [:])
    metadata.uid = oldMetadata.uid
    metadata.creationTimestamp = oldMetadata.creationTimestamp
    metadata.deletionTimestamp = oldMetadata.deletionTimestamp
    metadata.deletionGracePeriodSeconds = oldMetadata.deletionGracePeriodSeconds
    metadata.generateName = oldMetadata.generateName
    metadata.selfLink = nil
    metadata.resourceVersion = nil
    metadata.managedFields = []
    metadata.generation = oldMetadata.generation
    if let generation = oldMetadata.generation, generations.contains(resource.groupResource), subresource != "status",
      specification(new) != specification(old)
    {
      metadata.generation = generation + 1
    }
    new["metadata"] = tidied(metadata.json)
  }

  /// Everything but the status and the metadata.
  private static func specification(_ object: JSONValue) -> JSONValue {
    var rest = object
    for key in ["metadata", "status", "kind", "apiVersion"] { rest[key] = nil }
    return rest
  }

  /// Empty maps and lists, and nulls, are as good as absent, and are not kept.
  private static func tidied(_ metadata: JSONValue) -> JSONValue {
    var tidy = JSONObject()
    for (key, value) in metadata.objectValue ?? [:] {
      switch value {
      case .null: continue
      case .object(let object) where object.isEmpty: continue
      case .array(let array) where array.isEmpty: continue
      case .string(let text) where text.isEmpty: continue
      default: tidy[key] = value
      }
    }
    return .object(tidy)
  }

  /// Whether an object was marked for deletion and nothing holds it any longer.
  static func isReadyToGo(_ object: JSONValue) -> Bool {
    let metadata = ObjectMeta(json: object["metadata"] ?? [:])
    guard metadata.deletionTimestamp != nil, metadata.finalizers.isEmpty else { return false }
    if object["kind"] == "Namespace" { return (object[path: "spec", "finalizers"]?.arrayValue ?? []).isEmpty }
    return (metadata.deletionGracePeriodSeconds ?? 0) == 0
  }

  /// `generateName` with five characters of an alphabet that spells no words.
  static func generatedName(_ base: String) -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    let suffix = (0..<5).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }
    return String(base.prefix(58)) + String(suffix)
  }
}

/// Random identifiers (RFC 9562, version 4).
enum UniqueID {
  static func random() -> String {
    var high = UInt64.random(in: .min ... .max)
    var low = UInt64.random(in: .min ... .max)
    high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = Array((hex(high) + hex(low)).utf8)
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: digits[$0], as: UTF8.self) }
    return groups.joined(separator: "-")
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
