/**
 * What we send is known by the interchanges in it, and what CONTRL says of them is kept: evidence, like the rest.
 * A control reference may be used again, in another message: how much later is a partner's setting.
 */
export const contrl = {
  name: 'contrl',
  sql: `
CREATE TABLE sent_interchanges (
  position INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES messages (id),
  sender TEXT NOT NULL,
  recipient TEXT NOT NULL,
  reference TEXT NOT NULL
) STRICT;
CREATE INDEX sent_interchanges_by_reference ON sent_interchanges (reference);
CREATE INDEX sent_interchanges_by_message ON sent_interchanges (message_id);

-- What the CONTRL in message_id says of the interchange that was sent in subject_id.
CREATE TABLE acknowledgements (
  position INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL REFERENCES messages (id),
  subject_id TEXT NOT NULL REFERENCES messages (id),
  reference TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('received', 'acknowledged', 'partly-rejected', 'rejected')),
  detail TEXT
) STRICT;
CREATE INDEX acknowledgements_by_subject ON acknowledgements (subject_id);

DROP TRIGGER interchanges_not_updated;
DROP TRIGGER interchanges_not_deleted;
ALTER TABLE interchanges RENAME TO interchanges_before;
CREATE TABLE interchanges (
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  sender TEXT NOT NULL,
  reference TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id),
  message_type TEXT NOT NULL,
  messages INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  PRIMARY KEY (environment, sender, reference, message_id)
) STRICT;
INSERT INTO interchanges
  SELECT environment, sender, reference, message_id, message_type, messages, accepted, rejected FROM interchanges_before;
DROP TABLE interchanges_before;

CREATE TRIGGER interchanges_not_updated BEFORE UPDATE ON interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER interchanges_not_deleted BEFORE DELETE ON interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER sent_interchanges_not_updated BEFORE UPDATE ON sent_interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER sent_interchanges_not_deleted BEFORE DELETE ON sent_interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER acknowledgements_not_updated BEFORE UPDATE ON acknowledgements
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER acknowledgements_not_deleted BEFORE DELETE ON acknowledgements
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
`,
};
