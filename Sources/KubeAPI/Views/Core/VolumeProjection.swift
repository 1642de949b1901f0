/// `VolumeProjection` of `core.v1`.
public struct VolumeProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var secret: SecretProjection? {
    get { json.field("secret") }
    set { json.setField("secret", newValue) }
  }

  public var downwardAPI: DownwardAPIProjection? {
    get { json.field("downwardAPI") }
    set { json.setField("downwardAPI", newValue) }
  }

  public var configMap: ConfigMapProjection? {
    get { json.field("configMap") }
    set { json.setField("configMap", newValue) }
  }

  public var serviceAccountToken: ServiceAccountTokenProjection? {
    get { json.field("serviceAccountToken") }
    set { json.setField("serviceAccountToken", newValue) }
  }

  public var clusterTrustBundle: ClusterTrustBundleProjection? {
    get { json.field("clusterTrustBundle") }
    set { json.setField("clusterTrustBundle", newValue) }
  }

  public var podCertificate: PodCertificateProjection? {
    get { json.field("podCertificate") }
    set { json.setField("podCertificate", newValue) }
  }
}
