import type { Log } from '../runtime/log';
import { checkFlows, inWords } from './check/check';
import { joinFlows } from './files';
import type { FlowNode } from './node';
import type { FlowFiles } from './flow-files';
import { readFolder } from './folder';
import { type Credentials, encrypted, NodeRedState } from './state';

export interface FlowStorageOptions {
  files: FlowFiles;
  /** Where settings, sessions and encrypted credentials are kept; not under version control. */
  stateDir: string;
  /** Credentials of a fresh installation: references to the environment, no secrets. */
  firstCredentials: Credentials;
  /** What Node-RED encrypts credentials with. */
  credentialSecret: string;
  log: Log;
  /** The last line of defence: throws where these flows must not be saved. */
  check?: (flows: readonly FlowNode[]) => void;
}

/** Node-RED's storage: flows in their folder, saved whole or not at all; everything that is nobody's source in the data directory. */
export function createFlowStorage({ files, stateDir, firstCredentials, credentialSecret, log, check }: FlowStorageOptions): object {
  const state = new NodeRedState(stateDir);
  return {
    init: async (): Promise<void> => {
      state.open();
      await files.recover();
    },
    getFlows: async (): Promise<FlowNode[]> => {
      const flows = files.load();
      // Never a reason not to start: the editor must come up to mend them.
      for (const { node, sheet, rule, ...finding } of checkFlows(flows)) log.warn({ code: 'flows.finding', flow: sheet, node, rule, reason: inWords(finding) }, 'the flows break a rule');
      return flows;
    },
    saveFlows: async (flows: FlowNode[]): Promise<void> => {
      check?.(flows);
      const save = await files.stage(flows);
      const unfinished = await save.commit();
      if (unfinished) log.warn({ code: 'flows.unfinished-save', reason: unfinished.message }, 'the flows are saved, and their files are put into place by the next save or start');
    },
    getCredentials: async (): Promise<Credentials> => (await state.read('credentials')) ?? encrypted(firstCredentials, credentialSecret),
    saveCredentials: (credentials: unknown) => state.write('credentials', credentials),
    getSettings: async () => (await state.read('settings')) ?? {},
    saveSettings: (settings: unknown) => state.write('settings', settings),
    getSessions: async () => (await state.read('sessions')) ?? {},
    saveSessions: (sessions: unknown) => state.write('sessions', sessions),
    getLibraryEntry: (type: string, name: string) => state.libraryEntry(type, name),
    saveLibraryEntry: (type: string, name: string, meta: object, body: string) => state.saveLibraryEntry(type, name, meta, body),
  };
}

/** The flows of a folder; none where it has no `_order.json` yet. @throws Error naming the file at fault */
export function readFlows(dir: string): FlowNode[] {
  return joinFlows(readFolder(dir));
}
