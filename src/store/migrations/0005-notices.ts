/** Which claims were told to whom: up to `through`, a position in `claims`. */
export const notices = {
  name: 'notices',
  sql: `
CREATE TABLE notices (
  position INTEGER PRIMARY KEY,
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  partner TEXT NOT NULL,
  participant TEXT NOT NULL,
  through INTEGER NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id),
  UNIQUE (environment, partner, participant, through)
) STRICT;

CREATE TRIGGER notices_not_updated BEFORE UPDATE ON notices
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER notices_not_deleted BEFORE DELETE ON notices
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
`,
};
