/**
 * What entries draw on certificates. Each claim is a version of its entry line, its reversal the next one, and so on: the
 * highest is in force. Of an item of a certificate (its lines with one HTS number and unit) is used what `drawn` sums up to.
 * `hts` has the six digits of the certificate; what the entry said stands in `claim`.
 */
export const claims = {
  name: 'claims',
  sql: `
CREATE TABLE claims (
  position INTEGER PRIMARY KEY,
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  entry TEXT NOT NULL,
  entry_line INTEGER NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('claim', 'reversal')),
  number TEXT NOT NULL,
  certificate_version INTEGER NOT NULL,
  partner TEXT NOT NULL,
  hts TEXT NOT NULL,
  unit TEXT NOT NULL,
  drawn INTEGER NOT NULL CHECK (kind = 'claim' AND drawn > 0 OR kind = 'reversal' AND drawn < 0),
  changed_at TEXT NOT NULL,
  claim TEXT NOT NULL,
  reason TEXT,
  UNIQUE (environment, entry, entry_line, version),
  FOREIGN KEY (environment, number, certificate_version) REFERENCES certificates (environment, number, version)
) STRICT;
CREATE INDEX claims_by_certificate ON claims (environment, number, hts, unit, drawn);
CREATE INDEX claims_by_time ON claims (changed_at);

CREATE TRIGGER claims_not_updated BEFORE UPDATE ON claims
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER claims_not_deleted BEFORE DELETE ON claims
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
`,
};
