/// `TopologySpreadConstraint` of `core.v1`.
public struct TopologySpreadConstraint: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var maxSkew: Int32? {
    get { json.field("maxSkew") }
    set { json.setField("maxSkew", newValue) }
  }

  public var topologyKey: String? {
    get { json.field("topologyKey") }
    set { json.setField("topologyKey", newValue) }
  }

  public var whenUnsatisfiable: String? {
    get { json.field("whenUnsatisfiable") }
    set { json.setField("whenUnsatisfiable", newValue) }
  }

  public var labelSelector: LabelSelector? {
    get { json.field("labelSelector") }
    set { json.setField("labelSelector", newValue) }
  }

  public var minDomains: Int32? {
    get { json.field("minDomains") }
    set { json.setField("minDomains", newValue) }
  }

  public var nodeAffinityPolicy: String? {
    get { json.field("nodeAffinityPolicy") }
    set { json.setField("nodeAffinityPolicy", newValue) }
  }

  public var nodeTaintsPolicy: String? {
    get { json.field("nodeTaintsPolicy") }
    set { json.setField("nodeTaintsPolicy", newValue) }
  }

  public var matchLabelKeys: [String] {
    get { json.field("matchLabelKeys") }
    set { json.setField("matchLabelKeys", newValue) }
  }
}
