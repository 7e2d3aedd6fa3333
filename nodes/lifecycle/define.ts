/** Who acts next: a stage of ours, an outside event, a person, an operator after a failure, nobody. */
export type Kind = 'working' | 'waiting' | 'decision' | 'error' | 'final';

/** How far the order has gone, seen from somebody who wants to cancel it (docs/lifecycle.md). */
export type CancelClass = 'free' | 'nav' | 'print' | 'late' | 'closed';

/** Where a status of kind `working` is final after all: it works only for this platform, or only where NAV knows the order. */
export type WorkingWhen = 'shopify' | 'nav-knows';

export interface StatusDeclaration<Name extends string = string> {
  phase: string;
  kind: Kind;
  /** Absent: working for every order. */
  workingWhen?: WorkingWhen;
  /** The partner, or the group of people, that the order waits for. A pause of a partner stops the stages it owns. */
  owner: string;
  cancel: CancelClass;
  /** A new order may start here. */
  initial?: boolean;
  /** May follow itself: the same status entered again is a step of its own. */
  repeatable?: boolean;
  /** Seconds in this status after which it counts as late. */
  stuckAfter?: number;
  runbook?: string;
  note?: string;
  next: readonly Name[];
}

/** Which rule made an edge: declared in the table, or derived from it. */
export type EdgeRule = 'declared' | 'cancel' | 'external' | 'putback' | 'stroopwafel';

export interface Edge<Name extends string = string> {
  from: Name;
  to: Name;
  rule: EdgeRule;
}

export interface Lifecycle<Name extends string = string> {
  names: readonly Name[];
  statuses: Readonly<Record<Name, StatusDeclaration<Name>>>;
  /** Every legal edge, derived ones included; stroopwafel edges are for the import account only. */
  edges: readonly Edge<Name>[];
  /** Whether the running system may take this edge. */
  allows(from: string, to: string): boolean;
  has(name: string): name is Name;
}

export const minutes = (n: number): number => n * 60;
export const hours = (n: number): number => n * 3600;
export const days = (n: number): number => n * 86_400;

/**
 * Completes the table with its derived edges and refuses one with a hole: an unknown name, a status that cannot be reached, a
 * dead end, an error without a way back.
 * @throws Error naming the status at fault
 */
export function defineLifecycle<const Table extends Record<string, StatusDeclaration>>(
  table: Table & { [Each in keyof Table]: { next: readonly (keyof Table & string)[] } },
): Lifecycle<keyof Table & string> {
  type Name = keyof Table & string;
  const statuses = table as unknown as Record<Name, StatusDeclaration<Name>>;
  const names = Object.keys(statuses) as Name[];
  const edges = deriveEdges(names, statuses);
  check(names, statuses, edges);
  const legal = new Set(edges.filter((edge) => edge.rule !== 'stroopwafel').map((edge) => `${edge.from}>${edge.to}`));
  return {
    names,
    statuses,
    edges,
    allows: (from, to) => legal.has(`${from}>${to}`),
    has: (name): name is Name => Object.hasOwn(statuses, name),
  };
}

const CANCELLABLE: ReadonlySet<CancelClass> = new Set(['free', 'nav', 'print', 'late']);

function deriveEdges<Name extends string>(names: readonly Name[], statuses: Record<Name, StatusDeclaration<Name>>): Edge<Name>[] {
  const edges = new Map<string, Edge<Name>>();
  const add = (from: Name, to: Name, rule: EdgeRule): void => {
    const key = `${from}>${to}`;
    if (!edges.has(key)) edges.set(key, { from, to, rule });
  };
  const named = (...wanted: string[]): Name[] => names.filter((name) => wanted.includes(name));
  const cancelled = names.filter((name) => name.endsWith('_CANCELLED'));

  for (const from of names) for (const to of statuses[from].next) add(from, to, 'declared');
  for (const from of names.filter((name) => CANCELLABLE.has(statuses[name].cancel)))
    for (const to of [...cancelled, ...named('FAILED_TO_CANCEL')]) if (to !== from) add(from, to, 'cancel');
  for (const from of names.filter((name) => statuses[name].kind === 'error'))
    for (const to of named('PROCESSED_EXTERNALLY')) add(from, to, 'external');
  const forward = Array.from(edges.values()); // the loop adds to the map
  for (const { from, to } of forward) if (statuses[to]?.kind === 'error' && from !== to) add(to, from, 'putback');
  for (const from of names) {
    const { kind, phase } = statuses[from];
    if ((kind !== 'working' && kind !== 'waiting') || phase === 'cancel' || phase === 'refund') continue;
    for (const to of named('STROOPWAFEL_EXCEPTION')) add(from, to, 'stroopwafel');
  }
  return [...edges.values()];
}

function check<Name extends string>(
  names: readonly Name[],
  statuses: Record<Name, StatusDeclaration<Name>>,
  edges: readonly Edge<Name>[],
): void {
  const fail = (name: string, what: string): never => {
    throw new Error(`lifecycle: ${name} ${what}`);
  };
  for (const name of names) {
    const status = statuses[name];
    for (const to of status.next) if (!Object.hasOwn(statuses, to)) fail(name, `leads to ${to}, which is not declared`);
    if (!status.repeatable && status.next.includes(name)) fail(name, 'leads to itself without being repeatable');
    if (status.kind !== 'final' && !edges.some((edge) => edge.from === name && edge.rule !== 'stroopwafel')) fail(name, 'is a dead end');
    if (status.kind === 'error' && !edges.some((edge) => edge.from === name && statuses[edge.to].kind !== 'final')) fail(name, 'has no way back');
    if (status.kind !== 'final' && (status.stuckAfter === undefined || status.runbook === undefined)) fail(name, 'needs stuckAfter and a runbook');
  }
  const reached = new Set(names.filter((name) => statuses[name].initial));
  for (let size = -1; size !== reached.size; ) {
    size = reached.size;
    for (const edge of edges) if (reached.has(edge.from)) reached.add(edge.to);
  }
  for (const name of names) if (!reached.has(name)) fail(name, 'cannot be reached');
}
