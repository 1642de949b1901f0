extension Schema {
  /// The messages of `authentication.v1`; the README of this module describes the format.
  static let authenticationV1 = #"""
    package authentication.v1

    message BoundObjectReference
      kind 1 string
      apiVersion 2 string
      name 3 string
      uid 4 string

    message ExtraValue bare
      items 1 [string]

    message SelfSubjectReview
      metadata 1 meta.ObjectMeta
      status 2 SelfSubjectReviewStatus

    message SelfSubjectReviewStatus
      userInfo 1 UserInfo

    message TokenRequest
      metadata 1 meta.ObjectMeta
      spec 2 TokenRequestSpec
      status 3 TokenRequestStatus

    message TokenRequestSpec
      audiences 1 [string] list=atomic
      expirationSeconds 4 int64 default=3600
      boundObjectRef 3 BoundObjectReference

    message TokenRequestStatus
      token 1 string
      expirationTimestamp 2 Time

    message TokenReview
      metadata 1 meta.ObjectMeta
      spec 2 TokenReviewSpec required
      status 3 TokenReviewStatus

    message TokenReviewSpec
      token 1 string required
      audiences 2 [string] list=atomic

    message TokenReviewStatus
      authenticated 1 bool
      user 2 UserInfo
      audiences 4 [string] list=atomic
      error 3 string

    message UserInfo
      username 1 string
      uid 2 string
      groups 3 [string] list=atomic
      extra 4 {ExtraValue}
    """#
}
