'use strict';
// `bin/run docs`: writes the parts of docs/ that follow from the code. Each stands between two markers; the text around them is people's.
const fs = require('node:fs');
const path = require('node:path');
const { build } = require('./gates');
const { root, Stop } = require('./project');

/** What is generated: the file, the name in its markers, and how the text is made from the code's own tables. */
const PARTS = [
  { file: 'docs/configuration.md', name: 'variables', make: ({ variables }) => variableTables(variables) },
  { file: 'docs/lifecycle.md', name: 'diagrams', make: ({ lifecycle }) => diagrams(lifecycle) },
  { file: 'docs/lifecycle.md', name: 'statuses', make: ({ lifecycle }) => statusTable(lifecycle) },
  { file: 'docs/flows.md', name: 'rules', make: ({ rules }) => table(['Rule', 'What it demands', 'Why'], rules.map(({ name, demands, because }) => [`**${name}**`, demands, because])) },
];

/** Every generated part as `{file, name, text}`, from `variables` of nodes/runtime/config, `lifecycle` of nodes/lifecycle/lifecycle and `rules` of nodes/flows/check/check. */
function generate(tables) {
  return PARTS.map(({ file, name, make }) => ({ file, name, text: make(tables) }));
}

/** The document with a part's text between its markers. Throws a Stop when it has no such markers. */
function insert(document, { file, name, text }) {
  const begin = `<!-- generated: ${name} (bin/run docs) -->`;
  const end = `<!-- end of generated: ${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Stop(`${file} has no markers for the generated part "${name}".`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

/** Compiles what has changed and writes the generated parts. */
async function docs() {
  await build();
  const { variables } = require(path.join(root, 'dist', 'nodes', 'runtime', 'config.js'));
  const { lifecycle } = require(path.join(root, 'dist', 'nodes', 'lifecycle', 'lifecycle.js'));
  const { rules } = require(path.join(root, 'dist', 'nodes', 'flows', 'check', 'check.js'));
  for (const part of generate({ variables, lifecycle, rules })) {
    const file = path.join(root, part.file);
    const before = fs.readFileSync(file, 'utf8');
    const after = insert(before, part);
    if (after !== before) fs.writeFileSync(file, after);
    process.stdout.write(`${after === before ? 'unchanged' : 'written  '}  ${part.file}: ${part.name}\n`);
  }
}

function variableTables(variables) {
  const groups = [...new Set(variables.map((variable) => variable.group))];
  return groups
    .map((group) => {
      const rows = variables.filter((variable) => variable.group === group).map((variable) => [code(variable.name), typeOf(variable.type), variable.default || '–', meaningOf(variable)]);
      return `### ${group}\n${table(['Variable', 'Type', 'Default', 'Meaning'], rows)}`;
    })
    .join('\n\n');
}

function typeOf(type) {
  return typeof type === 'object' ? type.oneOf.map(code).join(', ') : type;
}

function meaningOf({ meaning, realEndpoint, neededWithRealEndpoint }) {
  if (realEndpoint) return `${meaning} **A real endpoint.**`;
  if (neededWithRealEndpoint) return `${meaning} **Needed with a real endpoint.**`;
  return meaning;
}

function diagrams({ names, statuses }) {
  const phases = [...new Set(names.map((name) => statuses[name].phase))];
  return phases.map((phase) => `### ${phase}\n${diagram(names.filter((name) => statuses[name].phase === phase), statuses)}`).join('\n\n');
}

/** One phase: its statuses, the declared edges that leave them, and the statuses of other phases that these lead to. */
function diagram(inside, statuses) {
  const edges = inside.flatMap((from) => statuses[from].next.map((to) => [from, to]));
  const outside = [...new Set(edges.map(([, to]) => to))].filter((name) => !inside.includes(name));
  const lines = [
    'stateDiagram-v2',
    'direction LR',
    ...inside.filter((name) => statuses[name].initial).map((name) => `[*] --> ${name}`),
    ...inside.filter((name) => !edges.some((edge) => edge.includes(name))).map((name) => `state ${name}`),
    ...edges.map(([from, to]) => `${from} --> ${to}`),
    'classDef error stroke:#c0392b,stroke-width:2px',
    'classDef decision stroke:#8e6bbf,stroke-width:2px',
    'classDef waiting stroke-dasharray:5 4',
    'classDef final stroke:#3a8f5c,stroke-width:2px',
    'classDef elsewhere opacity:0.55',
    ...['error', 'decision', 'waiting', 'final'].flatMap((kind) => classLine(kind, inside.filter((name) => statuses[name].kind === kind))),
    ...classLine('elsewhere', outside),
  ];
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``;
}

function classLine(name, members) {
  return members.length > 0 ? [`class ${members.join(',')} ${name}`] : [];
}

function statusTable({ names, statuses, edges }) {
  const count = (rule) => edges.filter((edge) => edge.rule === rule).length;
  const summary =
    `${names.length} statuses; ${count('declared')} declared edges, and derived from them ${count('cancel')} for cancels, ${count('putback')} for put-backs, ` +
    `${count('external')} to PROCESSED_EXTERNALLY and ${count('stroopwafel')} that only an import may take.`;
  const rows = names.map((name) => {
    const { phase, kind, workingWhen, owner, cancel, initial, stuckAfter, runbook, note } = statuses[name];
    const what = [kind + (workingWhen ? ` (${WORKING_WHEN[workingWhen]})` : ''), ...(initial ? ['initial'] : [])].join(', ');
    return [code(name), phase, what, owner === '-' ? '–' : owner, cancel, duration(stuckAfter), [runbook, note && `_${capital(note)}._`].filter(Boolean).join(' ') || '–'];
  });
  return `${summary}\n\n${table(['Status', 'Phase', 'Kind', 'Owner', 'Cancel', 'Stuck after', 'Runbook'], rows)}`;
}

const WORKING_WHEN = { shopify: 'for Shopify, else final', 'nav-knows': 'where NAV knows the order, else final' };

function duration(seconds) {
  if (seconds === undefined) return '–';
  for (const [size, unit] of [[86_400, 'd'], [3600, 'h']]) if (seconds >= size && seconds % size === 0) return `${seconds / size} ${unit}`;
  return `${seconds / 60} min`;
}

function table(titles, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text) {
  return `\`${text}\``;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

module.exports = { docs, generate, insert };
