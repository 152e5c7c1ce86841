import type { PartnerFile } from '../../src/config/partner-schema.ts';
import type { Case, Difference } from './case.ts';

/** An AS2 system that can be had from a package registry and exchanges with us over HTTP on loopback. */
export interface PeerSystem {
  /** As `--peer` names it. */
  readonly name: string;
  /** For people: `OpenAS2`. */
  readonly title: string;
  readonly differences: readonly Difference[];
  /** What an operator has to put under `send` in the partner file of such a system, beside what a case asks for. */
  readonly send?: PartnerFile['send'];
  /** How many of its cases run at a time. */
  readonly lanes: number;
  /**
   * Fetches it into `folder` (kept from run to run), once.
   *
   * @returns its version @throws NotHad
   */
  fetch(folder: string): Promise<string>;
  /** Address at which it will receive in this case; some hold their keys by path. */
  urlAt(port: number, number: number): string;
  start(setting: Setting): Promise<RunningPeer>;
}

/** What a peer is started with. */
export interface Setting {
  /** What `fetch` made. */
  readonly fetched: string;
  /** An empty folder of this run, for its configuration, data and logs. */
  readonly folder: string;
  /** Where it is to receive; on 127.0.0.1. */
  readonly port: number;
  /** A second free port, for its asynchronous MDNs or its control. */
  readonly port2: number;
  readonly agreements: readonly Agreement[];
}

/** A case as the peer's operator has to set it up. One that the peer is not to know is not among them. */
export interface Agreement {
  readonly case: Case;
  /** The peer in this case; no two cases have the same name. */
  readonly peer: {
    readonly as2Id: string;
    /** PEM files, PKCS #8. Signs with one, decrypts with the other. */
    readonly sign: KeyFiles;
    readonly decrypt: KeyFiles;
  };
  /** Us, in this case. */
  readonly us: {
    readonly as2Id: string;
    readonly url: string;
    /** PEM files. What the peer takes signatures of, and encrypts to. */
    readonly signCertificate: string;
    readonly encryptCertificate: string;
  };
}

export interface KeyFiles {
  readonly key: string;
  readonly certificate: string;
}

export interface RunningPeer {
  /** Its process group, for who measures it; none when it runs in the process that drives it. */
  readonly group?: number;
  /** Sends a file as the agreement of this case says; resolves when the peer considers it done. */
  send(number: number, file: string, contentType: string): Promise<Account>;
  /** Sends the same message with the same Message-ID once more, where the peer can. */
  sendAgain?(number: number, messageId: string): Promise<Account>;
  /** What the peer says of a message it received; undefined as long as it knows none. */
  received(number: number, messageId: string): Promise<Account | undefined>;
  stop(): Promise<void>;
}

/** A message in the words of the peer: from its log, its database, or its own function's result. */
export interface Account {
  readonly messageId?: string | undefined;
  /** `processed`: good, as the peer sees it. `failed`: it says, or was told, an error. `none`: no receipt was asked for. */
  readonly status: 'processed' | 'failed' | 'none';
  /** Base64 of the MIC as the peer computed it. */
  readonly mic?: string | undefined;
  /** Of the MDN that it sent or got. */
  readonly disposition?: string | undefined;
  /** Whether the MDN that it got was signed, and verified by the peer. */
  readonly mdnSigned?: boolean | undefined;
  /** Where the payload lies that it received. */
  readonly payloadFile?: string | undefined;
  readonly fileName?: string | undefined;
  /** How many times it stored a message that it received. */
  readonly stored?: number | undefined;
  /** Its own words, for whoever looks into a failure. */
  readonly told?: string | undefined;
}

/** A peer that cannot be had here; says why. */
export class NotHad extends Error {}
