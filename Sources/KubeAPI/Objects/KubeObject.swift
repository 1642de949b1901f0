/// A view of a top-level object: one with `apiVersion`, `kind` and `metadata`, which a resource of the API holds.
public protocol KubeObject: JSONView {
  static var resource: GroupVersionResource { get }
}

extension KubeObject {
  /// An object with its `apiVersion` and `kind`, and nothing else.
  public init() {
    self.init(json: [
      "apiVersion": .string(Self.resource.apiVersion), "kind": .string(Self.resource.kind),
    ])
  }

  /// Makes an object with a name and fills it: `Pod("web", in: "default") { $0.spec.nodeName = "a" }`.
  public init(_ name: String, in namespace: String? = nil, _ fill: (inout Self) -> Void = { _ in }) {
    self.init()
    metadata.name = name
    if let namespace { metadata.namespace = namespace }
    fill(&self)
  }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var key: ObjectKey { ObjectKey(namespace: metadata.namespace ?? "", name: metadata.name ?? "") }
}
