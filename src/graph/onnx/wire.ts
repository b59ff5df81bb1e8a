/**
 * The protobuf wire format, writing only: fields of a message are kept as pieces and laid side by side once, at the end,
 * so that large tensors are copied one time. Source: protobuf.dev, "Encoding".
 */
export class Message {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** A whole number, negative ones included (as 64-bit two's complement). */
  int(field: number, value: number): this {
    return this.#push(Uint8Array.from([...varint(field << 3), ...varint(value)]));
  }

  float(field: number, value: number): this {
    const piece = new Uint8Array(5);
    piece[0] = (field << 3) | 5;
    new DataView(piece.buffer).setFloat32(1, value, true);
    return this.#push(piece);
  }

  /** Packed list of whole numbers. */
  ints(field: number, values: readonly number[]): this {
    return this.bytes(field, Uint8Array.from(values.flatMap(varint)));
  }

  string(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  /** Bytes are not copied before `finish`; do not change them until then. */
  bytes(field: number, bytes: Uint8Array): this {
    return this.#head(field, bytes.length).#push(bytes);
  }

  message(field: number, child: Message): this {
    this.#head(field, child.#length);
    for (const piece of child.#pieces) this.#push(piece);
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  #head(field: number, length: number): this {
    return this.#push(Uint8Array.from([...varint((field << 3) | 2), ...varint(length)]));
  }

  #push(piece: Uint8Array): this {
    this.#pieces.push(piece);
    this.#length += piece.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; the top bit says that more follow. */
function varint(value: number): number[] {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return out;
}
