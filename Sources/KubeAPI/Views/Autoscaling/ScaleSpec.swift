/// `ScaleSpec` of `autoscaling.v1`.
public struct ScaleSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }
}
