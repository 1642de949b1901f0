/// `NodeSpec` of `core.v1`.
public struct NodeSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var podCIDR: String? {
    get { json.field("podCIDR") }
    set { json.setField("podCIDR", newValue) }
  }

  public var podCIDRs: [String] {
    get { json.field("podCIDRs") }
    set { json.setField("podCIDRs", newValue) }
  }

  public var providerID: String? {
    get { json.field("providerID") }
    set { json.setField("providerID", newValue) }
  }

  public var unschedulable: Bool? {
    get { json.field("unschedulable") }
    set { json.setField("unschedulable", newValue) }
  }

  public var taints: [Taint] {
    get { json.field("taints") }
    set { json.setField("taints", newValue) }
  }

  public var configSource: NodeConfigSource? {
    get { json.field("configSource") }
    set { json.setField("configSource", newValue) }
  }

  public var externalID: String? {
    get { json.field("externalID") }
    set { json.setField("externalID", newValue) }
  }
}
