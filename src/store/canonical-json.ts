import { hash } from 'node:crypto';

/**
 * JSON of which there is one spelling only (RFC 8785): no blanks, members sorted by name, undefined members left out.
 * Lone surrogates become U+FFFD, as they do in the database.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** Lower-case hex SHA-256; text as UTF-8. */
export function sha256(data: string | Buffer): string {
  return hash('sha256', data, 'hex');
}
