/// `Affinity` of `core.v1`.
public struct Affinity: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var nodeAffinity: NodeAffinity? {
    get { json.field("nodeAffinity") }
    set { json.setField("nodeAffinity", newValue) }
  }

  public var podAffinity: PodAffinity? {
    get { json.field("podAffinity") }
    set { json.setField("podAffinity", newValue) }
  }

  public var podAntiAffinity: PodAntiAffinity? {
    get { json.field("podAntiAffinity") }
    set { json.setField("podAntiAffinity", newValue) }
  }
}
