/// `ClientIPConfig` of `core.v1`.
public struct ClientIPConfig: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var timeoutSeconds: Int32? {
    get { json.field("timeoutSeconds") }
    set { json.setField("timeoutSeconds", newValue) }
  }
}
