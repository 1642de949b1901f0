/// `NodeAffinity` of `core.v1`.
public struct NodeAffinity: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var requiredDuringSchedulingIgnoredDuringExecution: NodeSelector? {
    get { json.field("requiredDuringSchedulingIgnoredDuringExecution") }
    set { json.setField("requiredDuringSchedulingIgnoredDuringExecution", newValue) }
  }

  public var preferredDuringSchedulingIgnoredDuringExecution: [PreferredSchedulingTerm] {
    get { json.field("preferredDuringSchedulingIgnoredDuringExecution") }
    set { json.setField("preferredDuringSchedulingIgnoredDuringExecution", newValue) }
  }
}
