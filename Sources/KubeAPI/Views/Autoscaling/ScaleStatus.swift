/// `ScaleStatus` of `autoscaling.v1`.
public struct ScaleStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }

  public var selector: String? {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }
}
