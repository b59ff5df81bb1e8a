/** Blocks, quoted texts and empty lists, read back by eye; the package's rdf.yaml is what it is for. */
import { expect, test } from 'vitest';
import { bioimageRdf } from './bioimageRdf.ts';
import { yamlText } from './yamlText.ts';

test('maps and lists are blocks, texts are quoted, what is undefined is left out', () => {
  const value = {
    name: 'a: "b" # c\nd',
    none: undefined,
    empty: [],
    nothing: {},
    list: [1, -0.5, 1e-7, true, null, ['x'], { deep: [{ k: 'v', l: 2 }] }],
    'Odd key': 'ä',
  };
  expect(yamlText(value)).toBe(
    [
      'name: "a: \\"b\\" # c\\nd"',
      'empty: []',
      'nothing: {}',
      'list:',
      '  - 1',
      '  - -0.5',
      '  - 1e-7',
      '  - true',
      '  - null',
      '  - - "x"',
      '  - deep:',
      '      - k: "v"',
      '        l: 2',
      '"Odd key": "ä"',
      '',
    ].join('\n'),
  );
});

/** The rules of format 0.5 that a small network could break: lengths of names, references between tensors, one first kind of weights. */
test.each([undefined, 'b'.repeat(64)])(
  'rdf.yaml keeps the rules of the format (PyTorch weights: %s)',
  (torchSha256) => {
    const nbase = [3, 4, 6];
    const network = { nbase, nout: 3, diamMean: 30, diamLabels: 22.5, styleLength: 6 };
    const rdf = JSON.parse(
      JSON.stringify(
        bioimageRdf({
          ...{ name: 'A network', description: 'It finds cells.', authors: ['A', 'B'], licence: 'MIT', network },
          ...{ timestamp: '2026-01-02T03:04:05.678Z', onnxSha256: 'a'.repeat(64), attachments: [] },
          ...(torchSha256 === undefined ? {} : { torchSha256 }),
          sample: { channels: [0, 0], diameter: 20 },
        }),
      ),
    );
    expect(rdf).toMatchObject({ type: 'model', format_version: '0.5.7', license: 'MIT', documentation: 'README.md' });
    expect(rdf).not.toHaveProperty('attachments');
    const [raw, flow, style] = [...rdf.inputs, ...rdf.outputs];
    for (const tensor of [raw, flow, style]) {
      expect(tensor.description.length).toBeLessThanOrEqual(128);
      expect(tensor.id).toMatch(/^[a-z]{1,16}$/);
      for (const axis of tensor.axes)
        for (const name of axis.channel_names ?? []) expect(name).toMatch(/^[a-z_][a-z0-9_]*$/);
    }
    expect(raw.axes[1].channel_names).toHaveLength(3);
    expect(raw.axes[2].size).toEqual({ min: 16, step: 2 });
    expect(flow.axes[2].size).toEqual({ tensor_id: 'raw', axis_id: 'y' });
    expect(style.axes[1].channel_names).toHaveLength(6);
    const kinds = Object.values(rdf.weights as Record<string, { parent?: string }>);
    expect(kinds.filter(({ parent }) => parent === undefined)).toHaveLength(1);
    expect(rdf.weights.onnx).toMatchObject({ opset_version: 17, source: 'model.onnx' });
  },
);
