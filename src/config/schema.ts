import { z } from 'zod';
import { as2Name, edifactIdentity, filePath, httpUrl, variableName } from './common-schema.ts';
import { duration, instantFrom, instantTo, size } from './units.ts';

/** `countersign.yaml`, as it is after reading: durations in milliseconds, sizes in bytes, instants as Date. */
export type EndpointConfig = z.output<typeof endpointSchema>;

const port = z.int().min(0).max(65535);

const key = filePath.describe(
  'Private key, PEM (PKCS#8, PKCS#1 or SEC 1). Keep it readable by the service alone (mode 0600).',
);
const passphrase = {
  passphraseFile: filePath.optional().describe('File that holds the passphrase of the private key.'),
  passphraseEnv: variableName.optional().describe('Environment variable that holds the passphrase of the private key.'),
};

const tls = z.strictObject({
  certificate: filePath.describe(
    'Certificate for the host name of our address, and behind it those that lead to an authority, PEM.',
  ),
  key,
  ...passphrase,
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest version of TLS that is spoken.'),
  ciphers: z
    .string()
    .min(1)
    .optional()
    .describe("OpenSSL's names of the ciphers that are spoken, with colons between them. Those of Node when left out."),
});

const identity = z.strictObject({
  certificate: filePath.describe('Certificate, PEM or DER.'),
  key,
  use: z
    .array(z.enum(['sign', 'decrypt']))
    .min(1)
    .default(['sign', 'decrypt'])
    .describe('What the key is for.'),
  validFrom: instantFrom
    .optional()
    .describe(
      "Does not sign before, but may decrypt already: partners may take it up early. The certificate's own beginning when left out.",
    ),
  validTo: instantTo
    .optional()
    .describe("Does not sign after; may decrypt for 30 days more. The certificate's own end when left out."),
  ...passphrase,
});

export const endpointSchema = z.strictObject({
  as2: z
    .strictObject({
      id: as2Name.describe('Our AS2 name, as partners write it in AS2-To. Case matters.'),
      url: httpUrl
        .optional()
        .describe(
          'Public address of our /as2. Partners send asynchronous MDNs there (Receipt-Delivery-Option); needed when any partner has `send.mdn: async`.',
        ),
    })
    .describe('Who we are in AS2.'),
  environment: z
    .enum(['test', 'production'])
    .default('test')
    .describe('Interchanges with the test indicator are refused in production, those without it in test.'),
  listen: z
    .strictObject({
      host: z.string().min(1).default('0.0.0.0').describe('Address to listen on for partners.'),
      port: port.default(4080).describe('Port to listen on; 0 takes any free one.'),
      path: z
        .string()
        .regex(/^\/[\w./-]*$/, 'a path such as /as2')
        .default('/as2')
        .describe('Path of messages and asynchronous MDNs.'),
      tls: tls
        .optional()
        .describe(
          'HTTPS there instead of HTTP. On SIGHUP new connections get a new certificate; those that are open stay. Leave it out behind a proxy that ends TLS.',
        ),
    })
    .prefault({})
    .describe('Where partners reach us.'),
  operators: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('Address to listen on for operators. Whoever reaches it sees all of that: keep it local.'),
      port: port.default(4081).describe('Port to listen on; 0 takes any free one.'),
      tokenFile: filePath
        .optional()
        .describe(
          'File with the bearer token that `/api` demands, of 32 characters or more. Without one, only who is on this machine may use it.',
        ),
      tokenEnv: variableName.optional().describe('Environment variable that holds the bearer token.'),
    })
    .prefault({})
    .describe('Health, metrics, and the API.'),
  identities: z
    .array(identity)
    .min(1)
    .describe(
      'Our keys, several at a time: the newest valid one signs, all of them may decrypt. An Ed25519 key signs for partners with `scheme: ed25519`, or where we have no other. An X25519 key decrypts; its certificate is from an authority, since it cannot sign one for itself.',
    ),
  edifact: z
    .strictObject({
      identities: z
        .array(edifactIdentity)
        .min(1)
        .describe('The first one is the sender of what we begin; an answer comes from the one that was addressed.'),
    })
    .describe('Who we are in EDIFACT.'),
  limits: z
    .strictObject({
      messageSize: size
        .prefault('100 MiB')
        .describe('Largest HTTP body that is read; a larger one is answered 413 and not kept.'),
      receiveTime: duration
        .prefault('10m')
        .describe(
          'How long the body of a message may take to come, 408 then; one that is silent for a minute is given up sooner.',
        ),
      spoolSpace: size
        .prefault('4 GiB')
        .describe(
          'Most that may lie in `data/payloads/unfinished` when more comes in: bodies, and what is found in them until it is kept. A body over 1 MiB that does not fit in is answered 503, before it is read or while it is. What opening a message takes is counted, and not cut off: up to twice its size and `inflatedSize`, on each thread.',
        ),
      examinationTime: duration
        .prefault('5m')
        .describe(
          'How long opening one message may take. Then its thread is ended, the sender gets 500, and the ledger an entry. Not with `workers: 0`.',
        ),
      inflatedSize: size.prefault('500 MiB').describe('Largest content after decompression.'),
      waiting: z
        .int()
        .min(1)
        .default(500)
        .describe('Messages that may wait for a thread; over it the endpoint answers 503 before it reads a body.'),
      inflateRatio: z.int().min(1).default(200).describe('Most that compressed content may grow, as a multiple.'),
    })
    .prefault({})
    .describe('What is too much. The bounds that are no settings stand in `src/limits.ts`.'),
  workers: z
    .int()
    .min(0)
    .max(256)
    .optional()
    .describe('Threads for cryptography. One for each core when left out; 0: none, everything on one thread.'),
  outbox: z
    .strictObject({
      attempts: z.int().min(1).default(12).describe('Attempts to deliver a message before it is given up.'),
      firstPause: duration.prefault('30s').describe('Pause after the first failed attempt; doubles from there.'),
      longestPause: duration.prefault('1h').describe('Longest pause between two attempts.'),
      mdnWait: duration.prefault('24h').describe('How long to wait for an asynchronous MDN before sending again.'),
      timeout: duration
        .prefault('10m')
        .describe(
          'How long one attempt may take, the synchronous MDN included. Partners may need minutes for large messages.',
        ),
      concurrency: z
        .int()
        .min(1)
        .max(256)
        .default(16)
        .describe(
          'Deliveries at a time; a quarter of them to one partner, so that a silent one does not hold up the others.',
        ),
    })
    .prefault({})
    .describe('How messages go out.'),
  data: filePath.default('data').describe('Directory of the database and payloads, relative to the home.'),
  reference: filePath
    .optional()
    .describe('Directory with `ecert/*.yaml` (programmes, codes) that replaces the data that comes with the product.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged.'),
    })
    .prefault({})
    .describe('The log, on stderr, as JSON lines.'),
});
