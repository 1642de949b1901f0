/// `WindowsSecurityContextOptions` of `core.v1`.
public struct WindowsSecurityContextOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var gmsaCredentialSpecName: String? {
    get { json.field("gmsaCredentialSpecName") }
    set { json.setField("gmsaCredentialSpecName", newValue) }
  }

  public var gmsaCredentialSpec: String? {
    get { json.field("gmsaCredentialSpec") }
    set { json.setField("gmsaCredentialSpec", newValue) }
  }

  public var runAsUserName: String? {
    get { json.field("runAsUserName") }
    set { json.setField("runAsUserName", newValue) }
  }

  public var hostProcess: Bool? {
    get { json.field("hostProcess") }
    set { json.setField("hostProcess", newValue) }
  }
}
