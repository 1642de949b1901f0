import FoundationEssentials

/// A kubeconfig with one cluster, one user and one context, and everything in it inline.
struct KubeconfigFile {
  var context: String
  var user: String
  var server: String
  /// PEM.
  var certificateAuthority: [UInt8]
  var clientCertificate: [UInt8]
  var clientKey: [UInt8]

  /// The file as YAML.
  var bytes: [UInt8] {
    func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
    return Array(
      """
      apiVersion: v1
      kind: Config
      current-context: \(context)
      clusters:
      - name: \(context)
        cluster:
          server: \(server)
          certificate-authority-data: \(base64(certificateAuthority))
      users:
      - name: \(user)
        user:
          client-certificate-data: \(base64(clientCertificate))
          client-key-data: \(base64(clientKey))
      contexts:
      - name: \(context)
        context:
          cluster: \(context)
          user: \(user)

      """.utf8)
  }
}
