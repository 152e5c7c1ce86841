import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { dangersOf } from '../config/dangers.ts';
import { partnerByShortName, type Home, type Partner } from '../config/home.ts';
import { loadHome } from '../config/load.ts';
import { writePartners } from '../config/write-partner.ts';
import { readCertificate } from '../pki/certificate.ts';
import { pinnedFor } from '../pki/pinned.ts';
import { doubts } from './config.ts';
import { parseEdifactId } from './init.ts';
import { CommandError, day, note, paint, printResult, table, type Terminal } from './output.ts';
import { registerPartnerImport } from './partner-import.ts';
import { registerPartnerStage } from './partner-stage.ts';
import { partnerFields, partnerView } from './partner-view.ts';
import { registerPartnerWatch } from './partner-watch.ts';
import { optionsOf } from './program.ts';

interface AddOptions {
  readonly as2Id: string;
  readonly url: string;
  readonly certificate: string;
  readonly name?: string;
  readonly edifactId?: { readonly id: string; readonly qualifier: string };
  readonly country: readonly string[];
}

export function registerPartner(program: Command, terminal: Terminal): void {
  const partner = program.command('partner').description('partners, one file each in partners/');

  partner
    .command('list')
    .description('list them')
    .action(async (_options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const { partners } = await loadHome(home, terminal.env, terminal.now());
      const rows = partners.map((each) => [
        each.shortName,
        each.active ? 'active' : 'inactive',
        each.as2.id,
        each.as2.url,
        validUntil(each, terminal.now()),
        each.name,
      ]);
      printResult(
        terminal,
        json,
        partners.map(partnerView),
        table(['short name', 'state', 'AS2 id', 'URL', 'signs until', 'name'], rows),
      );
    });

  partner
    .command('show')
    .description('everything about one')
    .argument('<short-name>')
    .action(async (shortName: string, _options: unknown, command: Command) => {
      const { home, json } = optionsOf(command);
      const found = partnerOf(await loadHome(home, terminal.env, terminal.now()), shortName);
      printResult(terminal, json, partnerView(found), partnerFields(found));
    });

  partner
    .command('check')
    .description('tell what is doubtful or dangerous in the file of one; refused when nothing can be exchanged')
    .argument('<short-name>')
    .action(async (shortName: string, _options: unknown, command: Command) => {
      const { home: directory, json } = optionsOf(command);
      const home = await loadHome(directory, terminal.env, terminal.now());
      const found = partnerOf(home, shortName);
      const file = `partners/${shortName}.yaml`;
      const warnings = home.warnings.filter((warning) => warning.file === file);
      const dangers = dangersOf(home).filter((danger) => danger.file === file);
      const ready = found.active && pinnedFor(found.certificates, 'sign', terminal.now()).length > 0;
      const verdict = ready
        ? paint(terminal, terminal.stdout, 'green', 'ready')
        : found.active
          ? 'not ready'
          : 'inactive';
      printResult(
        terminal,
        json,
        { shortName, ready, warnings, dangers },
        [...doubts(warnings, dangers), `${shortName} is ${verdict}.`].join('\n'),
      );
      if (found.active && !ready) throw new CommandError(`No certificate of ${shortName} to sign is valid now.`);
    });

  partner
    .command('add')
    .description('write a file for a new partner')
    .argument('<short-name>', 'small letters, digits and hyphens')
    .requiredOption('--as2-id <name>', 'its AS2 name')
    .requiredOption('--url <url>', 'where we send to')
    .requiredOption('--certificate <file>', 'its certificate, PEM or DER')
    .option('--name <name>', 'name for people; the AS2 name when left out')
    .option('--edifact-id <id:qualifier>', 'EDIFACT identity that it speaks for', parseEdifactId)
    .option('--country <code>', 'country of that identity, ISO 3166; may be repeated', collectCountries, [])
    .action((shortName: string, _options: unknown, command: Command) => add(terminal, shortName, optionsOf(command)));

  registerPartnerImport(partner, terminal);
  registerPartnerStage(partner, terminal);
  registerPartnerWatch(partner, terminal);
}

async function add(
  terminal: Terminal,
  shortName: string,
  options: AddOptions & { home: string; json: boolean },
): Promise<void> {
  const { as2Id, url, certificate, name = as2Id, edifactId, country, home, json } = options;
  const { pem, subject, fingerprint } = readCertificate(await readFile(certificate));
  const certificateFile = `partners/${shortName}.cert.pem`;
  const identities = edifactId === undefined ? [] : [{ ...edifactId, countries: [...country] }];
  const config = { name, as2: { id: as2Id, url }, certificates: [{ file: certificateFile }], edifact: { identities } };
  const files = await writePartners(home, [{ shortName, config, files: [[certificateFile, pem]] }]);
  printResult(terminal, json, { shortName, files, certificate: { subject, fingerprint } }, files.join('\n'));
  note(terminal, `Compare the certificate with the partner by telephone: SHA-256 ${fingerprint}`);
  note(terminal, `Then: countersign partner check ${shortName}`);
}

function partnerOf(home: Home, shortName: string): Partner {
  const found = partnerByShortName(home, shortName);
  if (found !== undefined) return found;
  throw new CommandError(`There is no partner ${shortName}. \`countersign partner list\` shows those that are.`);
}

/** The last day on which any certificate of now verifies its signatures. */
function validUntil({ certificates }: Partner, now: Date): string {
  const ends = certificates.filter(
    ({ use, validFrom, validTo }) => use.includes('sign') && validFrom <= now && now <= validTo,
  );
  const last = Math.max(...ends.map(({ validTo }) => validTo.getTime()));
  return ends.length === 0 ? 'never' : day(new Date(last));
}

function collectCountries(text: string, before: readonly string[]): string[] {
  if (!/^[A-Z]{2}$/.test(text)) throw new InvalidArgumentError('Give an ISO 3166 code such as AU.');
  return [...before, text];
}
