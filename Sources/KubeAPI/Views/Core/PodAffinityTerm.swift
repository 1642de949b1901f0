/// `PodAffinityTerm` of `core.v1`.
public struct PodAffinityTerm: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var labelSelector: LabelSelector? {
    get { json.field("labelSelector") }
    set { json.setField("labelSelector", newValue) }
  }

  public var namespaces: [String] {
    get { json.field("namespaces") }
    set { json.setField("namespaces", newValue) }
  }

  public var topologyKey: String? {
    get { json.field("topologyKey") }
    set { json.setField("topologyKey", newValue) }
  }

  public var namespaceSelector: LabelSelector? {
    get { json.field("namespaceSelector") }
    set { json.setField("namespaceSelector", newValue) }
  }

  public var matchLabelKeys: [String] {
    get { json.field("matchLabelKeys") }
    set { json.setField("matchLabelKeys", newValue) }
  }

  public var mismatchLabelKeys: [String] {
    get { json.field("mismatchLabelKeys") }
    set { json.setField("mismatchLabelKeys", newValue) }
  }
}
