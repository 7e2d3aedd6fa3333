import type { Log } from '../runtime/log';
import { checkFlows, inWords } from './check/check';
import { joinFlows } from './files';
import { readFolder } from './folder';
import type { FlowNode } from './node';
import type { FlowOrigin } from './origin';
import { type Credentials, encrypted, type NodeRedState } from './state';

export interface FlowStorageOptions {
  origin: FlowOrigin;
  /** Settings, sessions and encrypted credentials; not under version control. */
  state: NodeRedState;
  /** Credentials of a fresh installation: references to the environment, no secrets. */
  firstCredentials: Credentials;
  /** What Node-RED encrypts credentials with. */
  credentialSecret: string;
  log: Log;
  /** The last line of defence: throws where these flows must not be saved. */
  check?: (flows: readonly FlowNode[]) => void;
}

/** Node-RED's storage: flows from and to their origin; everything that is nobody's source in the data directory. */
export function createFlowStorage({ origin, state, firstCredentials, credentialSecret, log, check }: FlowStorageOptions): object {
  return {
    init: async (): Promise<void> => {
      state.open();
      await origin.open();
    },
    getFlows: async (): Promise<FlowNode[]> => {
      const flows = await origin.load();
      // Never a reason not to start: the editor must come up to mend them.
      for (const { node, sheet, rule, ...finding } of checkFlows(flows)) log.warn({ code: 'flows.finding', flow: sheet, node, rule, reason: inWords(finding) }, 'the flows break a rule');
      return flows;
    },
    saveFlows: async (flows: FlowNode[], user?: { username?: string }): Promise<void> => {
      check?.(flows);
      await origin.save(flows, user?.username ?? 'admin');
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

/** The flows of a folder as they stand there; none where it has no `_order.json` yet. @throws Error naming the file at fault */
export function readFlows(dir: string): FlowNode[] {
  return joinFlows(readFolder(dir));
}
