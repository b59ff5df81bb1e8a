import { UnsupportedError } from '../errors.ts';
import type { ImageFile, ReadImageOptions } from './imageFile.ts';

export interface JpegPicture { readonly width: number; readonly height: number; readonly samples: number; readonly data: Uint8Array }
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}
export function decodeJpeg(_bytes: Uint8Array, _options: { maxPixels: number; colour: 'ycbcr' | 'stored' }): JpegPicture {
  throw new UnsupportedError('JPEG', 'JPEG is not read yet');
}
export function readJpeg(_bytes: Uint8Array, _options: ReadImageOptions): ImageFile {
  throw new UnsupportedError('JPEG', 'JPEG is not read yet');
}
