/** Every rule that a certificate can break; each has its code and its text in the list of errors. */
export const ruleNames = [
  'document-unknown',
  'function-unknown',
  'repeated',
  'number-malformed',
  'number-country',
  'number-year',
  'already-registered',
  'certificate-unknown',
  'certificate-in-use',
  'certificate-cancelled',
  'issue-date-missing',
  'issue-date-malformed',
  'issue-date-in-future',
  'country-missing',
  'country-not-taking-part',
  'country-not-authorised',
  'programme-missing',
  'programme-unknown',
  'importer-missing',
  'importer-malformed',
  'line-missing',
  'hts-missing',
  'hts-malformed',
  'hts-chapter',
  'hts-not-in-programme',
  'quantity-missing',
  'quantity-not-whole',
  'quantity-zero',
  'quantity-too-large',
  'unit-missing',
  'unit-unknown',
  'unit-not-of-programme',
  'test-in-production',
  'production-in-test',
  'not-certified-for-production',
  'in-link-test',
  // Not of a certificate: closes a list that is longer than a response can carry.
  'more-errors',
] as const;

export type RuleName = (typeof ruleNames)[number];

/** Every way in which a claim can fail to match; each has its code and its text in the list of mismatches. */
export const claimRuleNames = [
  'certificate-unknown',
  'certificate-cancelled',
  'country-differs',
  'importer-differs',
  'hts-differs',
  'unit-differs',
  'used-up',
  'quantity-exceeds',
  'not-in-its-year',
] as const;

export type ClaimRuleName = (typeof claimRuleNames)[number];
