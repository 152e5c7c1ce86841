import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Certificate } from '../pki/certificate.ts';
import { readChain } from '../pki/chain.ts';
import type { Read } from './files.ts';
import { problemAt, type Path } from './findings.ts';
import { loadKeyFiles } from './key-files.ts';
import type { EndpointConfig } from './schema.ts';
import type { Vault } from './vault.ts';

/** TLS for what comes in. */
export interface Tls {
  /** What partners see first, then those that lead from it to an authority. */
  readonly certificates: readonly [own: Certificate, ...others: Certificate[]];
  /** Node has made a secure context of it once. The private key is in it: never printed. */
  readonly context: SecureContextOptions;
}

/** What `listen.tls` names; undefined when there is no such setting, or, which is told, when it cannot be used. */
export async function loadTls(
  vault: Vault,
  { config: { listen }, source }: Read<EndpointConfig>,
): Promise<Tls | undefined> {
  if (listen.tls === undefined) return undefined;
  const { minVersion, ciphers, ...files } = listen.tls;
  const at: Path = ['listen', 'tls'];
  const loaded = await loadKeyFiles(vault, source, at, files, readChain);
  if (loaded === undefined) return undefined;
  const { certificates, privateKey } = loaded;
  // draft rfc4130bis §5.1, §10.1: TLS 1.2 and 1.3; an operator may leave 1.2 out, and chooses the ciphers.
  const context = {
    cert: certificates.map(({ pem }) => pem).join(''),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    minVersion,
    ...(ciphers !== undefined && { ciphers }),
  };
  try {
    // OpenSSL refuses keys that are too short, and digests that are too weak. A server must not be the first to find out.
    createSecureContext(context);
  } catch (error) {
    vault.findings.problems.push(
      error instanceof Error && 'code' in error && error.code === 'ERR_SSL_NO_CIPHER_MATCH'
        ? problemAt(source, [...at, 'ciphers'], 'names no cipher that OpenSSL has', 'Correct it, or leave it out.')
        : problemAt(
            source,
            [...at, 'certificate'],
            `OpenSSL does not use it: ${error instanceof Error ? error.message : String(error)}`,
            'Give a certificate with an RSA key of 2048 bits or more, or an EC key, signed with SHA-256 or better.',
          ),
    );
    return undefined;
  }
  return { certificates, context };
}
