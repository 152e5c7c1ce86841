/** The way of participants into production. Nothing of it changes later; what is decided anew is a row of its own. */
export const onboarding = {
  name: 'onboarding',
  sql: `
-- \`sequence\` counts the steps of each participant from 1; \`evidence\` is what the checklist had when it was decided.
CREATE TABLE onboarding (
  position INTEGER PRIMARY KEY,
  partner TEXT NOT NULL,
  participant TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  step TEXT NOT NULL CHECK (step IN ('link-test', 'application-test', 'production', 'signed-off')),
  at TEXT NOT NULL,
  effective TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  note TEXT,
  evidence TEXT NOT NULL,
  UNIQUE (partner, participant, sequence)
) STRICT;

CREATE TRIGGER onboarding_not_updated BEFORE UPDATE ON onboarding
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER onboarding_not_deleted BEFORE DELETE ON onboarding
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
`,
};
