/** The other files of an OME-TIFF whose planes are spread over several, and the file that holds their common metadata. Source: OME-TIFF specification, "Multi-file". */
import { FormatError } from '../../errors.ts';
import type { OpenImageOptions } from '../imageFile.ts';
import type { Source } from '../source.ts';
import { type Directory, openTiff, type Tiff, tagText } from './directory.ts';
import { isOmeXml, metadataFile, omeFileId, parseOmeXml } from './omeXml.ts';
import { tag } from './tags.ts';

type OpenBeside = NonNullable<OpenImageOptions['openBeside']>;

export interface TiffFile {
  readonly tiff: Tiff;
  readonly directories: readonly Directory[];
}

export interface OmeSet {
  /** The metadata of the whole. */
  readonly xml: string;
  /** By the identifiers in the metadata; the file in hand among them. */
  readonly files: ReadonlyMap<string, TiffFile>;
}

/** Bytes of a companion; more are no metadata. */
const mostXml = 2 ** 28;

/**
 * Opens the files that the metadata of `own` name; undefined where these name none.
 *
 * @param openBeside  opens a file of the same folder; what it throws for a missing one is passed on.
 * @throws FormatError that names a file which is no TIFF.
 */
export async function openOmeSet(own: TiffFile, openBeside: OpenBeside): Promise<OmeSet | undefined> {
  const description = (tagText(own.directories[0], tag.description) ?? '').trim();
  if (!isOmeXml(description)) return undefined;
  const companion = metadataFile(description);
  const xml = companion === undefined ? description : await companionText(companion, openBeside);
  const image = parseOmeXml(xml);
  const id = omeFileId(description);
  const files = new Map<string, TiffFile>(id === undefined ? [] : [[id, own]]);
  for (const { uuid, fileName } of typeof image === 'string' ? [] : image.planes) {
    if (uuid === undefined || fileName === undefined || files.has(uuid)) continue;
    files.set(uuid, await open(fileName, await openBeside(fileName)));
  }
  return files.size > 1 ? { xml, files } : undefined;
}

/** Either XML by itself or a TIFF of the set. */
async function companionText(name: string, openBeside: OpenBeside): Promise<string> {
  const source = await openBeside(name);
  const text = async (length: number) => new TextDecoder().decode(await source.read(0, Math.min(length, source.size)));
  if (/^\s*</.test(await text(64))) return (await text(mostXml)).trim();
  const { directories } = await open(name, source);
  return (tagText(directories[0], tag.description) ?? '').trim();
}

async function open(name: string, source: Source): Promise<TiffFile> {
  try {
    return await openTiff(source);
  } catch (cause) {
    throw new FormatError(
      'TIFF',
      `${name}, which holds a part of the image: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
}
