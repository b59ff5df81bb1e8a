/** Random access to a file on disk, of any size. Not by `fs.openAsBlob`, which cuts files above 4 GiB on Node 20. */
import { open } from 'node:fs/promises';
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
    read: async (offset, length) => {
      if (offset < 0 || offset + length > size) throw cutShort(path, offset, length, size);
      const bytes = new Uint8Array(length);
      // One read gives at most 2 GiB, and may give less than asked.
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
        if (bytesRead === 0) throw cutShort(path, offset, length, offset + done);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

function cutShort(path: string, offset: number, length: number, size: number): FormatError {
  return new FormatError(
    'file',
    `${path}: needs ${length} bytes from ${offset}; the file ends at ${size}: it is cut short or damaged`,
  );
}
