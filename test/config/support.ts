import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ConfigError, type Problem } from '../../src/config/config-error.ts';
import { loadHome } from '../../src/config/load.ts';
import type { PartnerFile } from '../../src/config/partner-schema.ts';
import { issueSelfSigned, type KeyType } from '../../src/pki/issue.ts';

export const now = new Date('2026-11-02T12:00:00Z');
export const inDays = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

const folders: string[] = [];
process.on('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** An empty directory, gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'countersign-config-'));
  folders.push(folder);
  return folder;
}

type Issued = Awaited<ReturnType<typeof issueSelfSigned>>;
const issued = new Map<string, Promise<Issued>>();

/** A certificate with its key; the same for the same arguments. Valid from a year ago. */
export function issue(commonName: string, keyType: KeyType = 'rsa-2048', days = 730): Promise<Issued> {
  const key = `${commonName} ${keyType} ${days}`;
  const made = issued.get(key) ?? issueSelfSigned({ commonName, days, keyType, now: inDays(-365) });
  issued.set(key, made);
  return made;
}

export type Files = Readonly<Record<string, string>>;

/** Files of a home that loads: an endpoint with one key. */
export async function endpointFiles(settings: Readonly<Record<string, unknown>> = {}): Promise<Files> {
  const own = await issue('own');
  const endpoint = {
    as2: { id: 'US' },
    identities: [{ certificate: 'keys/own.cert.pem', key: 'keys/own.key.pem' }],
    edifact: { identities: [{ id: 'USCBP', qualifier: 'ZZZ' }] },
    ...settings,
  };
  return {
    'countersign.yaml': stringify(endpoint),
    'keys/own.cert.pem': own.certificate.pem,
    'keys/own.key.pem': own.privateKeyPem,
  };
}

/** A partner file that loads, with its settings laid over. */
export async function partnerFile(settings: Partial<PartnerFile> = {}): Promise<PartnerFile> {
  const { certificate } = await issue('partner');
  return {
    name: 'Partner',
    as2: { id: 'THEM', url: 'https://them.example/as2' },
    certificates: [{ pem: certificate.pem }],
    edifact: { identities: [{ id: 'AUDAFF', qualifier: 'ZZZ', countries: ['AU'] }] },
    ...settings,
  };
}

/** Writes a home, with `partners/` in any case. Private keys are for the owner alone. */
export function homeOf(files: Files): string {
  const home = temporaryFolder();
  mkdirSync(path.join(home, 'partners'));
  for (const [file, text] of Object.entries(files)) {
    const place = path.join(home, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text, { mode: 0o600 });
  }
  return home;
}

export const load = (files: Files, env: Readonly<Record<string, string>> = {}) => loadHome(homeOf(files), env, now);

/** What is wrong with a home. */
export async function problemsOf(
  files: Files,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Problem[]> {
  try {
    await load(files, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
