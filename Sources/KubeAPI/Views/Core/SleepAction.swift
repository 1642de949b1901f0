/// `SleepAction` of `core.v1`.
public struct SleepAction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var seconds: Int64? {
    get { json.field("seconds") }
    set { json.setField("seconds", newValue) }
  }
}
