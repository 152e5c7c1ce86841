/**
 * Instants are ISO-8601 UTC text with milliseconds, so that they sort as text. `position` is the order of writing.
 *
 * What a partner sent, what we sent, and what was decided is evidence: triggers refuse to change or delete it. Only
 * `state`, `disposition` (of messages sent) and `detail` change, and `work` and `chains`, which are not evidence.
 */
export const initial = {
  name: 'initial',
  sql: `
-- Bytes by their digest; without \`bytes\` they are in the file payloads/ab/cdef…
CREATE TABLE contents (
  sha256 TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  bytes BLOB
) STRICT;

CREATE TABLE messages (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  at TEXT NOT NULL,
  partner TEXT,
  as2_from TEXT NOT NULL,
  as2_to TEXT NOT NULL,
  message_id TEXT NOT NULL,
  subject TEXT,
  remote TEXT NOT NULL,
  headers TEXT NOT NULL,
  raw TEXT NOT NULL REFERENCES contents (sha256),
  payload TEXT REFERENCES contents (sha256),
  content_type TEXT,
  file_name TEXT,
  facts TEXT NOT NULL,
  signer TEXT,
  mic TEXT,
  mdn_mode TEXT,
  mdn_signed INTEGER,
  answers TEXT REFERENCES messages (id),
  state TEXT NOT NULL CHECK (
    direction = 'in' AND state IN ('accepted', 'answered', 'unreadable', 'stuck', 'refused') OR
    direction = 'out' AND state IN ('pending', 'awaiting-mdn', 'delivered', 'refused', 'failed')),
  disposition TEXT,
  detail TEXT
) STRICT;
-- RFC 4130 §9.3: a message that was accepted is not accepted again; one that was refused may come again.
CREATE UNIQUE INDEX messages_sealed ON messages (as2_from, as2_to, message_id)
  WHERE direction = 'in' AND state <> 'refused';
CREATE UNIQUE INDEX messages_sent ON messages (as2_from, as2_to, message_id) WHERE direction = 'out';
CREATE INDEX messages_by_time ON messages (at);
CREATE INDEX messages_by_partner ON messages (partner, at);
CREATE INDEX messages_by_message_id ON messages (message_id);
CREATE INDEX messages_by_payload ON messages (payload);
CREATE INDEX messages_by_answered ON messages (answers) WHERE answers IS NOT NULL;

CREATE TABLE mdns (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  at TEXT NOT NULL,
  partner TEXT,
  subject_id TEXT REFERENCES messages (id),
  message_id TEXT,
  original_message_id TEXT,
  mode TEXT NOT NULL CHECK (mode IN ('sync', 'async')),
  url TEXT CHECK (url IS NOT NULL OR direction = 'in' OR mode = 'sync'),
  signed INTEGER NOT NULL,
  signer TEXT,
  disposition TEXT,
  mic TEXT,
  text TEXT,
  headers TEXT NOT NULL,
  body TEXT NOT NULL REFERENCES contents (sha256),
  state TEXT NOT NULL CHECK (
    direction = 'in' AND state IN ('delivered', 'refused', 'invalid') OR
    direction = 'out' AND state IN ('sent', 'pending', 'delivered', 'failed')),
  detail TEXT
) STRICT;
CREATE INDEX mdns_by_time ON mdns (at);
CREATE INDEX mdns_by_partner ON mdns (partner, at);
CREATE INDEX mdns_by_subject ON mdns (subject_id);

-- What is to be done about a message: its interchange read, itself sent, or its MDN sent. Without \`due\`, nothing more.
CREATE TABLE work (
  position INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('interchange', 'message', 'mdn')),
  message_id TEXT NOT NULL REFERENCES messages (id),
  attempts INTEGER NOT NULL DEFAULT 0,
  due TEXT,
  lease TEXT,
  leased_until TEXT,
  UNIQUE (message_id, kind)
) STRICT;
CREATE INDEX work_due ON work (due) WHERE due IS NOT NULL;

CREATE TABLE interchanges (
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  sender TEXT NOT NULL,
  reference TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id),
  message_type TEXT NOT NULL,
  messages INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  PRIMARY KEY (environment, sender, reference)
) STRICT;

-- Every version of every certificate; the highest is the one in force.
CREATE TABLE certificates (
  position INTEGER PRIMARY KEY,
  environment TEXT NOT NULL CHECK (environment IN ('test', 'production')),
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('register', 'replace', 'cancel')),
  state TEXT NOT NULL,
  country TEXT NOT NULL,
  programme TEXT NOT NULL,
  partner TEXT NOT NULL,
  participant TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  certificate TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES messages (id),
  UNIQUE (environment, number, version)
) STRICT;
CREATE INDEX certificates_by_time ON certificates (changed_at);
CREATE INDEX certificates_by_message ON certificates (message_id);

CREATE TABLE ledger (
  position INTEGER PRIMARY KEY,
  chain TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_id TEXT,
  facts TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  UNIQUE (chain, sequence)
) STRICT;
CREATE INDEX ledger_by_subject ON ledger (subject_id);
CREATE INDEX ledger_by_time ON ledger (at);

-- The newest entry of each chain, so that entries cut off its end are missed.
CREATE TABLE chains (
  chain TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER ledger_appends BEFORE INSERT ON ledger
  WHEN NEW.sequence <> 1 + COALESCE((SELECT sequence FROM chains WHERE chain = NEW.chain), 0)
  BEGIN SELECT RAISE(ABORT, 'the ledger only grows at its end'); END;
CREATE TRIGGER ledger_not_updated BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_not_deleted BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER chains_advance BEFORE UPDATE ON chains
  WHEN NEW.chain <> OLD.chain OR NEW.sequence <> OLD.sequence + 1
  BEGIN SELECT RAISE(ABORT, 'the head of a chain only moves forward'); END;
CREATE TRIGGER chains_not_deleted BEFORE DELETE ON chains
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TRIGGER contents_not_updated BEFORE UPDATE ON contents
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER contents_not_deleted BEFORE DELETE ON contents
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER messages_not_updated BEFORE UPDATE OF
  id, direction, environment, at, partner, as2_from, as2_to, message_id, subject, remote, headers, raw, payload,
  content_type, file_name, facts, signer, mic, mdn_mode, mdn_signed, answers ON messages
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER messages_not_deleted BEFORE DELETE ON messages
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER mdns_not_updated BEFORE UPDATE OF
  id, direction, at, partner, subject_id, message_id, original_message_id, mode, url, signed, signer, disposition, mic,
  text, headers, body ON mdns
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER mdns_not_deleted BEFORE DELETE ON mdns
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER interchanges_not_updated BEFORE UPDATE ON interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER interchanges_not_deleted BEFORE DELETE ON interchanges
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
CREATE TRIGGER certificates_not_updated BEFORE UPDATE ON certificates
  BEGIN SELECT RAISE(ABORT, 'evidence is not changed'); END;
CREATE TRIGGER certificates_not_deleted BEFORE DELETE ON certificates
  BEGIN SELECT RAISE(ABORT, 'evidence is not deleted'); END;
`,
};
