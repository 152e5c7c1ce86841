/**
 * What others may make us do at most: each bound that is no setting, with its reason. What an operator may choose stands in
 * `limits` and `outbox` of `countersign.yaml` (docs/configuration.md): it depends on the messages, the disk and the lines.
 * These do not.
 *
 * Two things have no number, because nothing repeats them: MIME is read one level for each layer, and the layers are those
 * that `as2/unwrap` reads one after the other, each once.
 *
 * Sizes are in octets, times in milliseconds.
 */

const KiB = 1024;
const MiB = 1024 * KiB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

// HTTP, coming in

/**
 * On one address; who comes beyond is closed at once. Each takes a file descriptor, of which the store needs some too, and
 * some dozen KiB. Partners have a few each, and a proxy some hundred.
 */
export const MOST_CONNECTIONS = 4000;

/** All fields of a request together: messages come with one or two KiB. */
export const LONGEST_HTTP_HEADER = 16 * KiB;

/** A message has two dozen, and proxies add some. */
export const MOST_HTTP_FIELDS = 256;

/** For the header of a request, and for a TLS handshake before it: they come in one packet or two. */
export const HTTP_HEADER_TIME = 30 * SECOND;

/** In the middle of a body: a line that is silent for so long is dead, or held open to cost us a connection. */
export const BODY_SILENCE = MINUTE;

/** For whoever was answered before it had sent everything, to read the answer: cut off at once, it would lose it. */
export const LINGERING_TIME = 2 * SECOND;

/** Between two requests on a connection: partners send their next message at once, or in hours. */
export const IDLE_CONNECTION_TIME = MINUTE;

/** For what is in hand when the endpoint stops: a message that is not answered by then comes again. */
export const STOPPING_TIME = 10 * SECOND;

/** Of a request to the API: a claim has some hundred octets. */
export const LONGEST_API_BODY = 16 * KiB;

/** Why a claim is reversed: it goes into the ledger, where it stays. */
export const LONGEST_REASON = 500;

// HTTP, going out

/** Until the partner has taken the connection, with TLS. The rest of an attempt is bounded by `outbox.timeout`. */
export const CONNECT_TIME = 10 * SECOND;

/** For sending an asynchronous MDN: it is small, and nobody has to think about it before answering HTTP. */
export const MDN_POST_TIME = 2 * MINUTE;

/** What an operator sets above this is cut to it: a timer of Node holds no more, and a longer one would end at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** An MDN has a few KiB; whoever sends or answers with more than this does so with something else. */
export const LONGEST_MDN = 4 * MiB;

/** So far into a message is looked whether it is an MDN: the headers of its first part tell. */
export const MDN_BEGINNING = 64 * KiB;

// MIME

/** An entity has a few dozen header fields of some hundred octets; what has more is meant to cost us. */
export const HEADER_LIMITS = { bytes: 64 * KiB, fields: 256 };

/** Two parts make a signed message, three a report, and some dozen one with attachments. */
export const MULTIPART_LIMITS = { parts: 1000 };

/** RFC 2046 §5.1.1 allows 70 characters; some senders go a little beyond. */
export const LONGEST_BOUNDARY = 200;

/** Blanks after a boundary (RFC 2046 §5.1.1, transport-padding); a line with more of them is content. */
export const LONGEST_BOUNDARY_PADDING = 256;

/** Of quoted-printable: RFC 2045 §6.7 allows 76 characters. One line at a time is in memory. */
export const LONGEST_ENCODED_LINE = MiB;

// CMS

/**
 * How deep constructed elements may lie in each other. CMS itself needs about a dozen levels; the rest is room for
 * names and extensions that we only step over. It bounds the work that hostile nesting can cause.
 */
export const BER_DEPTH = 48;

/**
 * How many elements one walk may touch. A streaming sender cuts content into OCTET STRINGs of 1,000 bytes or more,
 * so that this is above 4 GiB of content, while two-byte elements stop after 8 MiB.
 */
export const BER_ELEMENTS = 1 << 22;

/** Content octets of an object identifier. Those that we know have at most 11. */
export const LONGEST_OID = 64;

/** An AlgorithmIdentifier, a version, a tag: some dozen octets, and RSASSA-PSS or OAEP with all their parameters about a hundred. */
export const LONGEST_ALGORITHM = KiB;

/** The object identifier of a content type, with its header. */
export const LONGEST_CONTENT_TYPE = 128;

/** All DigestAlgorithmIdentifiers of a message: one for each signer. */
export const LONGEST_DIGEST_ALGORITHMS = 4 * KiB;

/**
 * Ed25519 takes what it signs at a stroke: without signed attributes that is the content, kept in memory once for each such
 * signature. Whoever signs by it has signed attributes (RFC 8551 §2.5), and the content may be of any size.
 */
export const LARGEST_AT_A_STROKE = MiB;

/** Each signer may cost a public-key operation. One is usual, and two where a sender changes its key or algorithm. */
export const MOST_SIGNERS = 16;

/** A signer's certificate with its path is three or four. */
export const MOST_CERTIFICATES = 64;

/** Of them, those that are read to find whose signature it is: a signer's with its path is three or four. */
export const MOST_ENCLOSED = 16;

/** Of a certificate; a dozen are usual. */
export const MOST_EXTENSIONS = 100;

/** All certificates, all revocation lists, or all signers of a message: a certificate takes about 1,000, a list may take a million. */
export const LONGEST_SET = 16 * MiB;

/** Attributes of a signer, and values of one: a dozen are usual, in one or two KiB. */
export const MOST_ATTRIBUTES = 64;

/** The same together, and those that AuthEnvelopedData authenticates: two or three of some dozen octets. */
export const LONGEST_ATTRIBUTES = 64 * KiB;

/** Whoever encrypts to many at a time names them all. Reading one costs little: this bounds the memory. */
export const MOST_RECIPIENTS = 256;

/** The same in octets; a recipient takes about 400. */
export const LONGEST_RECIPIENTS = MiB;

/** Certificates of an originator, and attributes behind encrypted content: both are stepped over. */
export const LONGEST_ORIGINATOR = MiB;

/**
 * CCM takes content at a stroke, and up to this with a nonce of 12 octets (RFC 5084 §3.1): three octets of each block count
 * it. Whoever has more to send uses GCM.
 */
export const LARGEST_CCM = 16 * MiB - 1;

/** GCM takes any nonce; 12 octets are usual, 16 where a sender treats it like an IV. */
export const LONGEST_NONCE = 64;

/** Up to this many octets compressed content is no bomb, whatever `limits.inflateRatio` says: blanks and zeros shrink to a thousandth. */
export const HARMLESS_INFLATION = 256 * KiB;

/** A name of a certificate for people, in characters and in attributes: more than this nobody reads. */
export const LONGEST_NAME = 500;
export const MOST_NAME_ATTRIBUTES = 50;

// Certificates and keystores

/** A certificate as PEM or DER; a keystore or a bundle that somebody mistook for one ends here. */
export const LONGEST_CERTIFICATE_FILE = MiB;

/** Entries of a PKCS#12 keystore, and attributes of one: those of a large company have some hundred, with two attributes each. */
export const MOST_BAGS = 10_000;
export const MOST_BAG_ATTRIBUTES = 100;

/** Rounds of a keystore's key derivation: their number is the sender's to choose, and the time, a second or so, is ours. */
export const MOST_ITERATIONS = 2_000_000;

// EDIFACT

/** Interchanges of as many messages as were agreed on have some hundred thousand segments, which seldom reach 500 octets. */
export const EDIFACT_LIMITS = { maxSegmentLength: 64 * KiB, maxSegments: 999_999, maxInterchanges: 1000 };

/** The same where messages are read one by one and none is kept: as many segments as fit into some GiB. */
export const EDIFACT_STREAM_LIMITS = { ...EDIFACT_LIMITS, maxSegments: 999_999_999 };

/** Messages in an interchange, where a partner's file does not say another number: as many as programmes allow. */
export const MOST_EDIFACT_MESSAGES = 3000;

/**
 * Reading EDIFACT takes many times the memory of what is read. An interchange of as many messages as are taken has a quarter
 * of this.
 */
export const LONGEST_EDIFACT = 64 * MiB;

/** Certificates in all reports that a payload asks for: they are made in memory, and a country has some ten thousand in a year. */
export const MOST_REPORTED = 50_000;

/** Claims that one notice of usage tells of; the next notice tells of those behind them. */
export const MOST_TOLD = 10_000;

// AS2

/** What a detached signature may bring: signers, certificates and revocation lists. */
export const LONGEST_SIGNATURE = 16 * MiB;

/**
 * Up to here other line ends are tried when a signature does not hold. Each variant costs a copy and a digest, and whoever names
 * a certificate of the partner makes us try them all, without its key.
 */
export const LARGEST_WITH_VARIANTS = 16 * MiB;

// Configuration

/** Nobody writes a longer one by hand. It bounds the time that hostile text takes: the parser compares all keys. */
export const LONGEST_YAML = 64 * KiB;

/** A key, a certificate or a passphrase; a device or a wrong path must not fill the memory. */
export const LARGEST_CREDENTIAL_FILE = MiB;

/** What OpenAS2 calls partnerships.xml, which somebody else wrote: three levels, and a KiB for each partner. */
export const LONGEST_XML = 8 * MiB;
export const XML_DEPTH = 32;

// Receiving

/** Of a body in memory, before they become one: each takes some hundred octets beside its own, of which it may have one. */
export const MOST_PIECES = 256;

/**
 * Bodies in memory that are coming in, together: each has up to a MiB, and may take its time. Beyond this only those of the
 * second size stay there, and all others go into files: with as many connections as there may be, a quarter of a GiB.
 */
export const LARGEST_COMING = 64 * MiB;
export const LARGEST_BESIDE = 64 * KiB;

/** Messages in memory that wait for a thread, together. Their number is `limits.waiting`. */
export const LARGEST_WAIT = 64 * MiB;

/**
 * Heap of a thread that opens messages, in MiB. They come to some dozen: content is held outside of it, in pieces. What takes
 * more is a fault of ours, which ends the thread instead of the process.
 */
export const THREAD_HEAP = 512;

/** Octets that may pass through a thread in short-lived buffers between two collections of them: as much garbage there may be. */
export const COLLECTED_AFTER = 4 * MiB;

/** Of young objects in a thread, in MiB for three spaces: the least that V8 does with. Each would have up to 48 otherwise. */
export const THREAD_YOUNG = 3;

/** Of a message from a stranger as much is kept: else anybody could fill the disk. */
export const KEPT_OF_STRANGERS = 64 * KiB;

/** A group of writes waits no longer than this for others that are expected: a partner would notice. In milliseconds. */
export const LONGEST_COMMIT_WAIT = 25;

/** Payloads whose outcome is committed together; it is in memory until then. */
export const MOST_JOBS = 32;

/** Octets of them. */
export const LARGEST_JOBS = MiB;

/** Jobs that wait in memory, leased, for the worker. More wait in the store. */
export const MOST_HANDED = 256;
