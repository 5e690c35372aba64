/**
 * The layers, one way: wire <- tcp <- stack <- link <- {socket, lab} <- cli. pcap is a leaf above wire.
 * @type {import('dependency-cruiser').IConfiguration}
 */

/** In `layer`, modules under src/ other than those in `allowed` are out of reach. */
const only = (layer, allowed, comment) => ({
  name: `${layer}-imports-${allowed.length > 0 ? allowed.join('-') : 'nothing'}`,
  comment,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two modules that import each other are one module. Types may refer back: the TCB names its ' +
        'parts, and the functions that work on a part take the TCB (ADR-0031).',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('wire', [], 'Octets to fields and back: no state, no time, nothing above.'),
    only('tcp', ['wire'], 'RFC 9293 knows segments, not hosts and devices.'),
    only('stack', ['wire', 'tcp'], 'A host does not know what device it hangs on.'),
    only('pcap', ['wire'], 'A capture is octets: it needs no TCP to be read.'),
    only(
      'link',
      ['wire', 'tcp', 'stack', 'pcap'],
      'A device does not know who experiments with it.',
    ),
    only(
      'socket',
      ['wire', 'tcp', 'stack', 'link'],
      'What programs use is a host on links, driven by an event loop.',
    ),
    only('lab', ['wire', 'tcp', 'stack', 'link', 'pcap'], 'The lab does not know the command.'),
    {
      name: 'anywhere-without-node',
      comment: 'All but the edge runs in a browser, too.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(link/node|socket/node|cli)/|^src/exports/(link-node|net|dgram|dns)\\.ts$',
      },
      to: { path: '^src/(link|socket)/node/' },
    },
    {
      name: 'entries-are-for-users',
      comment: 'src/exports/ and src/cli/ are where others come in: nothing inside imports them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|exports)/' },
      to: { path: '^src/(cli|exports)/' },
    },
    {
      name: 'no-command-in-the-library',
      comment: 'The library does not carry the command.',
      severity: 'error',
      from: { path: '^src/exports/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'node-only-at-the-edge',
      comment: 'The core runs in browsers and workers: Node is for devices and the command.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(link/node|socket/node|cli)/|^src/exports/(net|dgram|dns)\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-packages-in-the-core',
      comment:
        'The protocol core has no dependency. The command has commander, devices have koffi.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(link/node|socket/node|cli)/' },
      to: { path: 'node_modules' },
    },
    {
      name: 'packages-are-declared',
      comment: 'What src/ imports is a dependency or an optional peer, never a tool of ours.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: 'node_modules',
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'],
      },
    },
    {
      name: 'no-way-out-of-src',
      comment: 'What is published does not import what is not.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools|bench|examples|dist)/' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // a type that points upwards is an import that points upwards
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
