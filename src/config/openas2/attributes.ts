import type { PartnerFile } from '../partner-schema.ts';
import type { Partnership } from './read.ts';

/** Something that was not taken over as it was, for the operator to judge. */
export interface ImportNote {
  /** Name of the partnership, or the file. */
  readonly where: string;
  readonly what: string;
  readonly text: string;
}

type Send = NonNullable<PartnerFile['send']>;

export interface SendingSide {
  readonly url: string | undefined;
  readonly send: Send;
  readonly basicAuth: { readonly user: string; readonly password: string } | undefined;
}

/** How we send, from the partnership in our direction. */
export function sendingSide(partnership: Partnership | undefined, notes: ImportNote[]): SendingSide {
  const attributes = partnership?.attributes ?? new Map<string, string>();
  const tell = (what: string, text: string) => notes.push({ where: partnership?.name ?? '', what, text });
  const user = attributes.get('http_user');
  const password = attributes.get('http_password');
  return {
    url: attributes.get('as2_url'),
    send: {
      ...signature(attributes, tell),
      ...encryption(attributes, tell),
      ...compression(attributes, tell),
      ...receipt(attributes, tell),
      ...texts(attributes, tell),
    },
    basicAuth: user !== undefined && password !== undefined ? { user, password } : undefined,
  };
}

/** What we are told of messages from the partner. Nothing here weakens what we demand: that is for the operator. */
export function noteReceivingSide(partnership: Partnership | undefined, notes: ImportNote[]): void {
  if (partnership === undefined) return;
  const tell = (what: string, text: string) => notes.push({ where: partnership.name, what, text });
  const sign = partnership.attributes.get('sign');
  const encrypt = partnership.attributes.get('encrypt');
  const unsafe = 'is refused here unless you set';
  if (isNone(sign)) tell('sign', `the partner may send unsigned, which ${unsafe} receive.allowUnsigned: true`);
  else if (digestOf(sign) === undefined)
    tell(
      'sign',
      `the partner may sign with ${sign ?? ''}, which ${unsafe} receive.allowSha1: true (for SHA-1; older ones are never taken)`,
    );
  if (isNone(encrypt))
    tell('encrypt', `the partner may send unencrypted, which ${unsafe} receive.allowUnencrypted: true`);
  else if (cipherOf(encrypt) === undefined)
    tell(
      'encrypt',
      `the partner may encrypt with ${encrypt ?? ''}, which ${unsafe} receive.allow3des: true (for 3DES; older ones are never taken)`,
    );
}

/** Tells of every attribute that has no counterpart; none is dropped in silence. */
export function noteOthers(partnership: Partnership, notes: ImportNote[]): void {
  for (const [name, value] of partnership.attributes) {
    if (TAKEN.has(name)) continue;
    const shown = /password/i.test(name) ? '' : ` (${value})`;
    const reason = WITHOUT_COUNTERPART[name] ?? 'is not known';
    notes.push({ where: partnership.name, what: name, text: `${reason}${shown}` });
  }
  if (partnership.polled)
    notes.push({
      where: partnership.name,
      what: 'pollerConfig',
      text: 'folders are not polled: `countersign send` takes a file',
    });
}

type Attributes = ReadonlyMap<string, string>;
type Tell = (what: string, text: string) => void;

function signature(attributes: Attributes, tell: Tell): Pick<Send, 'sign' | 'micalgStyle'> {
  const sign = attributes.get('sign');
  const digest = digestOf(sign);
  if (isNone(sign)) tell('sign', 'messages to the partner were not signed: send.sign is none, which is dangerous');
  else if (digest === undefined)
    tell('sign', `${sign ?? ''} is not made any more: sha256 is used; ask the partner whether it takes that`);
  const old = attributes.get('rename_digest_to_old_name') === 'true';
  return { sign: isNone(sign) ? 'none' : (digest ?? 'sha256'), ...(old && { micalgStyle: 'old' as const }) };
}

function encryption(attributes: Attributes, tell: Tell): Pick<Send, 'encrypt' | 'gcmForm'> {
  const encrypt = attributes.get('encrypt');
  const cipher = cipherOf(encrypt);
  if (isNone(encrypt))
    tell('encrypt', 'messages to the partner were not encrypted: send.encrypt is none, which is dangerous');
  else if (cipher === undefined)
    tell('encrypt', `${encrypt ?? ''} is not used any more: aes128-cbc is; ask the partner whether it takes that`);
  // The other system wrote AES-GCM in the form of BouncyCastle, so that is what the partner knows.
  const form = cipher?.endsWith('gcm') === true ? { gcmForm: 'enveloped-data' as const } : {};
  return { encrypt: isNone(encrypt) ? 'none' : (cipher ?? 'aes128-cbc'), ...form };
}

function compression(attributes: Attributes, tell: Tell): Pick<Send, 'compress'> {
  const type = attributes.get('compression_type');
  if (isNone(type)) return {};
  if (type?.toUpperCase() !== 'ZLIB') {
    tell('compression_type', `${type ?? ''} is not known: no compression is used`);
    return {};
  }
  return {
    compress: attributes.get('compression_mode') === 'compress-after-signing' ? 'after-signing' : 'before-signing',
  };
}

function receipt(attributes: Attributes, tell: Tell): Pick<Send, 'mdn' | 'mdnSigned' | 'mdnMicalgs'> {
  if (!attributes.has('as2_mdn_to')) return { mdn: 'none' };
  const options = attributes.get('as2_mdn_options') ?? 'none';
  const digests = options
    .split(/[\s,;=]+/)
    .map(digestOf)
    .filter((digest) => digest !== undefined);
  if (digests.length === 0 && /micalg/i.test(options))
    tell('as2_mdn_options', `receipts with sha256 are asked for (${options})`);
  return {
    mdn: attributes.has('as2_receipt_option') ? 'async' : 'sync',
    ...(/pkcs7-signature/i.test(options) ? {} : { mdnSigned: false }),
    ...(digests.length > 0 && { mdnMicalgs: [...new Set(digests)] }),
  };
}

function texts(attributes: Attributes, tell: Tell): Pick<Send, 'subject' | 'contentType'> {
  const subject = attributes.get('subject');
  const contentType = attributes.get('content_type');
  const fixed = subject !== undefined && /^[\x20-\x7e]{1,200}$/.test(subject) && !subject.includes('$');
  const media = contentType !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(contentType);
  if (subject !== undefined && !fixed) tell('subject', `subjects are fixed text here: left out (${subject})`);
  if (contentType !== undefined && !media) tell('content_type', `is no media type: left out (${contentType})`);
  return { ...(fixed && { subject }), ...(media && { contentType }) };
}

const isNone = (value: string | undefined): boolean => value === undefined || /^(none|)$/i.test(value.trim());

function digestOf(text: string | undefined): 'sha256' | 'sha384' | 'sha512' | undefined {
  const bits = /^(?:rsa-)?sha2?[-_]?(256|384|512)$/i.exec(text?.trim() ?? '')?.[1];
  return bits === undefined ? undefined : (`sha${bits}` as 'sha256');
}

function cipherOf(text: string | undefined): Exclude<Send['encrypt'], 'none' | undefined> | undefined {
  const match = /^aes[-_]?(128|192|256)(?:[-_]?(cbc|gcm))?(?:[-_]wrap)?$/i.exec(text?.trim() ?? '');
  return match === null ? undefined : (`aes${match[1] ?? ''}-${match[2]?.toLowerCase() ?? 'cbc'}` as 'aes128-cbc');
}

const TAKEN = new Set([
  'as2_url',
  'sign',
  'encrypt',
  'compression_type',
  'compression_mode',
  'as2_mdn_to',
  'as2_mdn_options',
  'as2_receipt_option',
  'subject',
  'content_type',
  'rename_digest_to_old_name',
  'http_user',
  'http_password',
]);

const HEADERS = 'further headers are not sent';
const ALWAYS = 'needs no setting here';
const OUTBOX = 'is set for all partners: see outbox in countersign.yaml';
const SPLITTING = 'files are not split';
const TLS_CLIENT = 'client certificates for TLS are not supported';

const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
  protocol: ALWAYS,
  use_dynamic_content_type_mapping: 'the content type is fixed: see send.contentType',
  content_type_mapping_file: 'the content type is fixed: see send.contentType',
  content_transfer_encoding: 'content is sent as binary, which AS2 has as its default',
  set_content_transfer_encoding_http_header: 'content is sent as binary, which AS2 has as its default',
  set_content_transfer_encoding_on_outer_mime_bodypart: 'content is sent as binary, which AS2 has as its default',
  remove_cms_algorithm_protection_attrib: 'that attribute is never sent',
  prevent_canonicalization_for_mic: 'the MIC is made as RFC 4130 says',
  resend_requires_new_message_id: 'a message keeps its Message-ID when it is sent again, so that the partner can tell',
  resend_max_retries: OUTBOX,
  resend_on_ssl_exception: OUTBOX,
  custom_mime_headers: HEADERS,
  custom_mime_headers_to_http: HEADERS,
  custom_mime_headers_from_filename: HEADERS,
  custom_mime_header_names_from_filename: HEADERS,
  custom_mime_header_name_delimiters_in_filename: HEADERS,
  custom_mime_header_names_regex_on_filename: HEADERS,
  attribute_names_from_filename: 'names of files carry no settings',
  no_chunked_max_size: 'messages are sent with Content-Length unless send.chunked is true',
  prevent_chunking: 'messages are sent with Content-Length unless send.chunked is true',
  store_received_file_to: 'messages are kept in data/: see `countersign message`',
  reject_unsigned_messages: 'unsigned messages are refused unless receive.allowUnsigned is true',
  split_file_threshold_size_in_bytes: SPLITTING,
  split_file_contains_header_row: SPLITTING,
  split_file_name_prefix: SPLITTING,
  quote_send_file_name: ALWAYS,
  https_client_keystore: TLS_CLIENT,
  https_client_keystore_password: TLS_CLIENT,
  https_client_keystore_cert_alias: TLS_CLIENT,
  use_new_certificate_lookup_mode: ALWAYS,
  blockerrormdn: 'an MDN that reports an error is sent too',
};
