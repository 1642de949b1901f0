/// `PodCertificateProjection` of `core.v1`.
public struct PodCertificateProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var signerName: String? {
    get { json.field("signerName") }
    set { json.setField("signerName", newValue) }
  }

  public var keyType: String? {
    get { json.field("keyType") }
    set { json.setField("keyType", newValue) }
  }

  public var maxExpirationSeconds: Int32? {
    get { json.field("maxExpirationSeconds") }
    set { json.setField("maxExpirationSeconds", newValue) }
  }

  public var credentialBundlePath: String? {
    get { json.field("credentialBundlePath") }
    set { json.setField("credentialBundlePath", newValue) }
  }

  public var keyPath: String? {
    get { json.field("keyPath") }
    set { json.setField("keyPath", newValue) }
  }

  public var certificateChainPath: String? {
    get { json.field("certificateChainPath") }
    set { json.setField("certificateChainPath", newValue) }
  }

  public var userAnnotations: [String: String] {
    get { json.field("userAnnotations") }
    set { json.setField("userAnnotations", newValue) }
  }
}
