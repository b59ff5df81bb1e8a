/** The other files of an OME-TIFF whose planes are spread over several, and the file that holds their common metadata. Source: OME-TIFF specification, "Multi-file". */
import { FormatError } from '../../errors.ts';
import type { ReadImageOptions } from '../imageFile.ts';
import { type Directory, openTiff, type Tiff, tagText } from './directory.ts';
import { isOmeXml, metadataFile, omeFileId, parseOmeXml } from './omeXml.ts';

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

/**
 * Opens the files that the metadata of `own` name; undefined where these name none.
 *
 * @param readBeside  bytes of a file of the same folder; what it throws for a missing one is passed on.
 * @throws FormatError that names a file which is no TIFF.
 */
export async function openOmeSet(
  own: TiffFile,
  readBeside: NonNullable<ReadImageOptions['readBeside']>,
): Promise<OmeSet | undefined> {
  const description = (tagText(own.tiff, own.directories[0], 270) ?? '').trim();
  if (!isOmeXml(description)) return undefined;
  const companion = metadataFile(description);
  const xml = companion === undefined ? description : await companionText(companion, readBeside);
  const image = parseOmeXml(xml);
  const id = omeFileId(description);
  const files = new Map<string, TiffFile>(id === undefined ? [] : [[id, own]]);
  for (const { uuid, fileName } of typeof image === 'string' ? [] : image.planes) {
    if (uuid === undefined || fileName === undefined || files.has(uuid)) continue;
    files.set(uuid, open(fileName, await readBeside(fileName)));
  }
  return files.size > 1 ? { xml, files } : undefined;
}

/** Either XML by itself or a TIFF of the set. */
async function companionText(name: string, readBeside: NonNullable<ReadImageOptions['readBeside']>): Promise<string> {
  const bytes = await readBeside(name);
  const isXml = /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)));
  if (isXml) return new TextDecoder().decode(bytes).trim();
  const { tiff, directories } = open(name, bytes);
  return (tagText(tiff, directories[0], 270) ?? '').trim();
}

function open(name: string, bytes: Uint8Array): TiffFile {
  try {
    return openTiff(bytes);
  } catch (cause) {
    throw new FormatError(
      'TIFF',
      `${name}, which holds a part of the image: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
}
