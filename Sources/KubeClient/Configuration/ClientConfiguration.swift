/// How to reach an API server, and as whom.
public struct ClientConfiguration: Sendable {
  /// What is sent as `Authorization: Bearer`.
  public enum Token: Sendable, Hashable {
    case value(String)
    /// A file that is read again when it may have changed: bound service-account tokens are renewed in place.
    case file(String)
  }

  /// `https://10.0.0.1:6443`, a path prefix allowed.
  public var server: String
  /// PEM of the authorities that the server's certificate may come from; the system's where `nil`.
  public var certificateAuthority: [UInt8]?
  /// PEM of the client's certificate, with those that lead to its authority behind it.
  public var clientCertificate: [UInt8]?
  /// PEM of the client certificate's key.
  public var clientKey: [UInt8]?
  public var token: Token?
  public var insecureSkipTLSVerify: Bool
  /// The name that the server's certificate must be for, where it is not the URL's host.
  public var tlsServerName: String?
  /// The namespace of the kubeconfig's context.
  public var namespace: String

  public init(
    server: String, certificateAuthority: [UInt8]? = nil, clientCertificate: [UInt8]? = nil, clientKey: [UInt8]? = nil,
    token: Token? = nil, insecureSkipTLSVerify: Bool = false, tlsServerName: String? = nil,
    namespace: String = "default"
  ) {
    self.server = server
    self.certificateAuthority = certificateAuthority
    self.clientCertificate = clientCertificate
    self.clientKey = clientKey
    self.token = token
    self.insecureSkipTLSVerify = insecureSkipTLSVerify
    self.tlsServerName = tlsServerName
    self.namespace = namespace
  }
}
