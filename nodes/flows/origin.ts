import type { Log } from '../runtime/log';
import { revisionOf } from './files';
import type { FlowFiles } from './flow-files';
import type { FlowNode } from './node';
import { type FlowRevision, type FlowRevisions, overtaken, short } from './revisions';
import type { NodeRedState } from './state';

/** Where a process has its flows from, and where those go that are deployed at it. */
export interface FlowOrigin {
  /** Before the first use. */
  open(): Promise<void>;
  /** The flows to run now. */
  load(): Promise<FlowNode[]>;
  /** A deploy: from now on every process is to run these. They are brought into the order in which they will be read, in place. */
  save(flows: FlowNode[], author: string): Promise<void>;
  /** Whether the database’s current flows are others than those that were loaded or saved here; the next load takes them. */
  isBehind(): Promise<boolean>;
}

/** A revision with its flows. */
interface Fetched extends FlowRevision {
  flows: FlowNode[];
}

interface Parts {
  files: FlowFiles;
  revisions: FlowRevisions;
  log: Log;
  /** Whether this version of the system has nodes of this type. */
  knows: (type: string) => boolean;
}

/** Revisions that others have deployed. One with nodes that this version does not have is left to newer ones: Node-RED would start none of its flows. */
class Upcoming {
  readonly #parts: Parts;
  #unfit = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The flows of a revision; nothing where this version cannot run them. */
  async fetch(revision: FlowRevision): Promise<Fetched | undefined> {
    if (revision.id === this.#unfit) return undefined;
    const { revisions, knows, log } = this.#parts;
    const flows = await revisions.flowsOf(revision);
    const missing = new Set(flows.map(({ type }) => type).filter((type) => !/^(tab|group|subflow(:.*)?)$/.test(type) && !knows(type)));
    if (missing.size === 0) return { ...revision, flows };
    this.#unfit = revision.id;
    log.warn({ code: 'flows.too-new', revision: short(revision.revision), types: [...missing].join(', ') }, 'flows that were deployed elsewhere need nodes that this version does not have: it runs those that it has');
    return undefined;
  }
}

/** The flows of a process without the editor: the database's; its own files, which it never writes, only while the database has none. */
export class FollowedFlows implements FlowOrigin {
  readonly #parts: Parts;
  readonly #upcoming: Upcoming;
  #at: FlowRevision | undefined;
  #next: Fetched | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#upcoming = new Upcoming(parts);
  }

  async open(): Promise<void> {}

  async load(): Promise<FlowNode[]> {
    const { files, log } = this.#parts;
    await this.isBehind();
    this.#at = this.#next ?? this.#at;
    const flows = this.#next?.flows ?? files.read();
    log.info({ code: 'flows.loaded', revision: short(revisionOf(flows)), from: this.#next ? `deployed by ${this.#next.author}` : 'files' }, 'flows were loaded');
    this.#next = undefined;
    return flows;
  }

  async save(): Promise<void> {
    throw new Error('this process has no editor: flows are deployed where it is');
  }

  async isBehind(): Promise<boolean> {
    const current = await this.#parts.revisions.current();
    if (current && current.id !== this.#at?.id) this.#next = await this.#upcoming.fetch(current);
    return this.#next !== undefined;
  }
}

/** What this installation and the database agreed on last, kept beside the data. */
type Agreed = Pick<FlowRevision, 'id' | 'revision'>;
const AGREED = 'flow-revision';
const TRIES = 10;

/**
 * The flows of a process with the editor. Its files are the source: what stands in them at the start becomes the current revision –
 * unless nobody has changed them since this installation last agreed with the database, and somebody has deployed elsewhere since.
 */
export class EditedFlows implements FlowOrigin {
  readonly #parts: Parts & { state: NodeRedState; instance: string };
  readonly #upcoming: Upcoming;
  #at: FlowRevision | undefined;
  #next: Fetched | undefined;

  constructor(parts: Parts & { state: NodeRedState; instance: string }) {
    this.#parts = parts;
    this.#upcoming = new Upcoming(parts);
  }

  open(): Promise<void> {
    return this.#parts.files.recover();
  }

  async load(): Promise<FlowNode[]> {
    const { files, revisions, log, state } = this.#parts;
    if (this.#next) return this.#take(this.#next);
    const flows = files.load();
    const revision = revisionOf(flows);
    const current = await revisions.current();
    const agreed = (await state.read(AGREED)) as Agreed | undefined;
    if (current && current.revision !== revision && agreed?.revision === revision && current.id > agreed.id) {
      const next = await this.#upcoming.fetch(current);
      if (next) return this.#take(next);
      this.#at = { ...agreed, author: '' };
    } else await this.#agree(current?.revision === revision ? current : await this.#publishFiles(flows, agreed));
    log.info({ code: 'flows.loaded', revision: short(revision), from: 'files' }, 'flows were loaded');
    return flows;
  }

  async save(flows: FlowNode[], author: string): Promise<void> {
    const { files, log } = this.#parts;
    const save = await files.stage(flows);
    let published: FlowRevision;
    try {
      published = await this.#publish(flows, author);
    } catch (error) {
      await save.drop();
      throw error;
    }
    // From here on it is deployed: after a crash the next start finds the files untouched, and takes the database's.
    const unfinished = await save.commit();
    if (unfinished) log.warn({ code: 'flows.unfinished-save', reason: unfinished.message }, 'the flows are saved, and their files are put into place by the next save or start');
    await this.#agree(published);
  }

  async isBehind(): Promise<boolean> {
    const { revisions } = this.#parts;
    const current = await revisions.current();
    if (!current || current.id <= (this.#at?.id ?? 0)) return false;
    if (current.revision === this.#at?.revision) await this.#agree(current);
    else this.#next = await this.#upcoming.fetch(current);
    return this.#next !== undefined;
  }

  /** The same flows again are the same revision. */
  async #publish(flows: FlowNode[], author: string): Promise<FlowRevision> {
    const { revisions } = this.#parts;
    if (this.#at?.revision !== revisionOf(flows)) return revisions.publish(flows, { after: this.#at, origin: 'deploy', author });
    if ((await revisions.current())?.id !== this.#at.id) throw overtaken();
    return this.#at;
  }

  /** At a start whatever is current is replaced; at a reload only what ran here. */
  async #publishFiles(flows: FlowNode[], agreed: Agreed | undefined): Promise<FlowRevision> {
    const { revisions, log, instance } = this.#parts;
    for (let tries = 1; ; tries++) {
      const after = this.#at ?? (await revisions.current());
      if (after?.revision === revisionOf(flows)) return after;
      try {
        const published = await revisions.publish(flows, { after, origin: 'files', author: instance });
        if (after && after.id !== agreed?.id) log.warn({ code: 'flows.replaced', revision: short(published.revision), replaced: short(after.revision), author: after.author }, 'the files of this process replace flows that were deployed elsewhere');
        return published;
      } catch (error) {
        if (this.#at || tries >= TRIES) throw error;
      }
    }
  }

  /** Runs what another process has deployed, and keeps it in the files, unless somebody has changed those. */
  async #take(next: Fetched): Promise<FlowNode[]> {
    const { files, log } = this.#parts;
    const kept = await files.replace(next.flows).catch((error: Error) => error.message);
    if (kept) log.warn({ code: 'flows.files-kept', revision: short(next.revision), reason: kept }, 'flows that were deployed elsewhere run here, and the files stay as they are');
    this.#next = undefined;
    await this.#agree(next);
    log.info({ code: 'flows.loaded', revision: short(next.revision), from: `deployed by ${next.author}` }, 'flows were loaded');
    return next.flows;
  }

  async #agree({ id, revision, author }: FlowRevision): Promise<void> {
    this.#at = { id, revision, author };
    const { state, log } = this.#parts;
    await state.write(AGREED, { id, revision } satisfies Agreed).catch((error: Error) => log.warn({ code: 'flows.unnoted', reason: error.message }, 'the revision of the flows could not be noted'));
  }
}
