import { stringify } from 'yaml';
import { ConfigError } from './config-error.ts';
import { isShortName } from './files.ts';
import { partnerSchema, type PartnerFile } from './partner-schema.ts';
import { schemaComment, writeNewFiles } from './scaffold.ts';
import { formatPath, validate } from './validate.ts';

export interface NewPartner {
  readonly shortName: string;
  readonly config: PartnerFile;
  /** Files that it names: path relative to the home, and content. */
  readonly files: readonly (readonly [file: string, content: string])[];
}

/**
 * Writes partner files that are not there yet; all of them or none.
 * @returns the files, relative to the home
 * @throws ConfigError
 */
export async function writePartners(directory: string, partners: readonly NewPartner[]): Promise<string[]> {
  const problems = partners.flatMap(({ shortName, config }) => {
    const file = `partners/${shortName}.yaml`;
    if (!isShortName(shortName))
      return [{ file, key: '', message: 'is not a short name', remedy: 'Use small letters, digits and hyphens.' }];
    return validate(partnerSchema, config, { locate: (path) => ({ file, key: formatPath(path) }) }).problems ?? [];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return writeNewFiles(
    directory,
    partners.flatMap(({ shortName, config, files }) => [
      [`partners/${shortName}.yaml`, partnerText(config)] as const,
      ...files,
    ]),
  );
}

/** As it stands in a partner file. */
function partnerText(config: PartnerFile): string {
  return `${schemaComment('partner')}\n${stringify(config, { lineWidth: 0 })}`;
}
