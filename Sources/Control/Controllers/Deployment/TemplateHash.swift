import KubeAPI

/// The short name of a pod template, by which the ReplicaSets of a Deployment are told apart.
enum TemplateHash {
  static let label = "pod-template-hash"
  /// Letters and digits without vowels, so that no words come out.
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

  /// FNV-1a over the template's canonical JSON, written with letters that a name may have.
  static func of(_ template: PodTemplateSpec, collisions: Int32) -> String {
    var hash: UInt32 = 2_166_136_261
    func mix(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    }
    mix(canonical(withoutHash(template).json).bytes)
    if collisions > 0 { mix("\(collisions)".utf8) }
    let digits = String(hash).utf8.map { alphabet[Int($0 - UInt8(ascii: "0")) % alphabet.count] }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Whether two templates describe the same pods.
  static func isSame(_ left: PodTemplateSpec?, _ right: PodTemplateSpec?) -> Bool {
    withoutHash(left ?? .init()) == withoutHash(right ?? .init())
  }

  private static func withoutHash(_ template: PodTemplateSpec) -> PodTemplateSpec {
    var template = template
    var metadata = template.metadata
    var labels = metadata.labels
    labels[label] = nil
    metadata.labels = labels
    template.json["metadata"] = metadata.json.objectValue?.isEmpty == false ? metadata.json : nil
    return template
  }

  /// The same value with the members of each object in order of their names.
  private static func canonical(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      .object(JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, canonical($0.value)) }))
    case .array(let elements): .array(elements.map(canonical))
    default: value
    }
  }
}
