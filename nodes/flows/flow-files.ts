import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { joinFlows, splitFlows } from './files';
import type { FlowNode } from './node';
import { differing, readFolder } from './folder';
import { outOfDate } from './refusal';
import { recoverFolder, type StagedSave, stageSave } from './save';

/** The flows of a folder, and whether the files are still those that this process has loaded or saved. */
export class FlowFiles {
  readonly dir: string;
  #known: ReadonlyMap<string, string> | undefined;
  #permitted: string | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Before the first use by a process that saves: no save is left half done. */
  async recover(): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    await recoverFolder(this.dir);
  }

  /** The flows as the files hold them now, in the form in which a save would write them. */
  read(): FlowNode[] {
    return splitFlows(joinFlows(readFolder(this.dir))).ordered;
  }

  /** The same, and from now on these files are the ones that this process knows. */
  load(): FlowNode[] {
    const files = readFolder(this.dir);
    const flows = splitFlows(joinFlows(files)).ordered;
    this.#known = files;
    return flows;
  }

  /** The files that somebody else has changed, added or removed since they were loaded or saved here. */
  changedBehind(): string[] {
    return this.#known ? differing(this.#known, readFolder(this.dir)) : [];
  }

  /** What the files hold, as one short text: the same only while no file is changed. */
  state(): string {
    return stateOf(readFolder(this.dir));
  }

  /** The next save may replace files in this state, though somebody else has made it: whoever deploys knows. */
  permit(state: string | undefined): void {
    this.#permitted = state;
  }

  /**
   * Puts new flows onto the disk, to be committed or dropped. They are brought into the order in which they would be read, in place:
   * the revision that Node-RED hashes next is then the one that a restart loads.
   * @throws DeployRefused where the files are not those that are known here
   */
  async stage(flows: FlowNode[]): Promise<StagedSave> {
    const changed = this.changedBehind();
    if (changed.length > 0 && this.state() !== this.#permitted) throw changedFiles(changed);
    const { files, ordered } = splitFlows(flows);
    flows.splice(0, flows.length, ...ordered);
    const save = await stageSave(this.dir, files);
    return {
      drop: save.drop,
      commit: async () => {
        const unfinished = await save.commit();
        this.#known = files;
        this.#permitted = undefined;
        return unfinished;
      },
    };
  }

  /** Writes flows that come from elsewhere. @throws Error where they could not be written, or files have been changed */
  async replace(flows: readonly FlowNode[]): Promise<undefined> {
    const save = await this.stage([...flows]);
    const unfinished = await save.commit();
    if (unfinished) throw unfinished;
  }
}

const stateOf = (files: ReadonlyMap<string, string>): string => createHash('sha256').update([...files.keys()].toSorted().map((file) => JSON.stringify([file, files.get(file)])).join('\n')).digest('hex');

export const changedFiles = (files: readonly string[]) =>
  outOfDate(`the flow files are not those that were loaded; changed since by somebody else: ${files.join(', ')}. Restart the flows to take them, or merge`);
