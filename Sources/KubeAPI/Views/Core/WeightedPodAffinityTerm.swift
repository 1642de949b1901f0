/// `WeightedPodAffinityTerm` of `core.v1`.
public struct WeightedPodAffinityTerm: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var weight: Int32? {
    get { json.field("weight") }
    set { json.setField("weight", newValue) }
  }

  public var podAffinityTerm: PodAffinityTerm? {
    get { json.field("podAffinityTerm") }
    set { json.setField("podAffinityTerm", newValue) }
  }
}
