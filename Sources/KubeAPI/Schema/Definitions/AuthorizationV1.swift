extension Schema {
  /// The messages of `authorization.v1`; the README of this module describes the format.
  static let authorizationV1 = #"""
    package authorization.v1

    message ExtraValue bare
      items 1 [string]

    message FieldSelectorAttributes
      rawSelector 1 string
      requirements 2 [meta.FieldSelectorRequirement] list=atomic

    message LabelSelectorAttributes
      rawSelector 1 string
      requirements 2 [meta.LabelSelectorRequirement] list=atomic

    message LocalSubjectAccessReview
      metadata 1 meta.ObjectMeta
      spec 2 SubjectAccessReviewSpec required
      status 3 SubjectAccessReviewStatus

    message NonResourceAttributes
      path 1 string
      verb 2 string

    message NonResourceRule
      verbs 1 [string] required list=atomic
      nonResourceURLs 2 [string] list=atomic

    message ResourceAttributes
      namespace 1 string
      verb 2 string
      group 3 string
      version 4 string
      resource 5 string
      subresource 6 string
      name 7 string
      fieldSelector 8 FieldSelectorAttributes
      labelSelector 9 LabelSelectorAttributes

    message ResourceRule
      verbs 1 [string] required list=atomic
      apiGroups 2 [string] list=atomic
      resources 3 [string] list=atomic
      resourceNames 4 [string] list=atomic

    message SelfSubjectAccessReview
      metadata 1 meta.ObjectMeta
      spec 2 SelfSubjectAccessReviewSpec required
      status 3 SubjectAccessReviewStatus

    message SelfSubjectAccessReviewSpec
      resourceAttributes 1 ResourceAttributes
      nonResourceAttributes 2 NonResourceAttributes

    message SelfSubjectRulesReview
      metadata 1 meta.ObjectMeta
      spec 2 SelfSubjectRulesReviewSpec required
      status 3 SubjectRulesReviewStatus

    message SelfSubjectRulesReviewSpec
      namespace 1 string

    message SubjectAccessReview
      metadata 1 meta.ObjectMeta
      spec 2 SubjectAccessReviewSpec required
      status 3 SubjectAccessReviewStatus

    message SubjectAccessReviewSpec
      resourceAttributes 1 ResourceAttributes
      nonResourceAttributes 2 NonResourceAttributes
      user 3 string
      groups 4 [string] list=atomic
      extra 5 {ExtraValue}
      uid 6 string

    message SubjectAccessReviewStatus
      allowed 1 bool required
      denied 4 bool
      reason 2 string
      evaluationError 3 string

    message SubjectRulesReviewStatus
      resourceRules 1 [ResourceRule] required list=atomic
      nonResourceRules 2 [NonResourceRule] required list=atomic
      incomplete 3 bool required
      evaluationError 4 string
    """#
}
