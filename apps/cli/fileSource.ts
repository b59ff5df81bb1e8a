/** Random access to a file on disk, of any size. Not by `fs.openAsBlob`, which cuts files above 4 GiB on Node 20. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { FormatError, type Source } from 'cellpose-ts';

export interface FileSource extends Source {
  close(): Promise<void>;
}

/** Opens a file for reading. Close it when done. @throws the error of the file system, such as ENOENT. */
export async function sourceFromFile(path: string): Promise<FileSource> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    size,
    read: (offset, length) => readExactly(file, { path, size }, offset, length),
    close: () => file.close(),
  };
}

/**
 * A file that is opened for each read, so that nobody has to close it: for images, of which many may be at hand at a time.
 *
 * @throws the error of the file system, such as ENOENT; when it is read, FormatError where the file has changed.
 */
export async function sourceOfPath(path: string): Promise<Source> {
  const { size, mtimeMs } = await stat(path);
  return {
    size,
    read: async (offset, length) => {
      const file = await open(path, 'r');
      try {
        const now = await file.stat();
        if (now.size !== size || now.mtimeMs !== mtimeMs)
          throw new FormatError('file', `${path}: another program changed it while it was read`);
        return await readExactly(file, { path, size }, offset, length);
      } finally {
        await file.close();
      }
    },
  };
}

async function readExactly(
  file: FileHandle,
  { path, size }: { readonly path: string; readonly size: number },
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (offset < 0 || offset + length > size) throw cutShort(path, offset, length, size);
  const bytes = new Uint8Array(length);
  // One read gives at most 2 GiB, and may give less than asked.
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (bytesRead === 0) throw cutShort(path, offset, length, offset + done);
    done += bytesRead;
  }
  return bytes;
}

function cutShort(path: string, offset: number, length: number, size: number): FormatError {
  return new FormatError(
    'file',
    `${path}: needs ${length} bytes from ${offset}; the file ends at ${size}: it is cut short or damaged`,
  );
}
