import path from 'node:path';
import { compare } from 'bcryptjs';
import type { Services } from './nodes/runtime/services';

/** What `server.ts` knows and Node-RED's settings need. */
export interface SettingsInput {
  services: Services;
  storageModule: object;
  dataDir: string;
  /** The installation: where package.json names our nodes. */
  appDir: string;
  editor: boolean;
  admin: { user: string; passwordHash: string };
  credentialSecret: string;
  /** Stands before every request to the editor and its admin API. */
  adminMiddleware: (request: never, response: never, next: () => void) => void;
}

/** Node-RED's settings. The OMS has an HTTP edge of its own in front of Node-RED, so they are made by server.ts alone. */
export function createSettings({ services, storageModule, dataDir, appDir, editor, admin, credentialSecret, adminMiddleware }: SettingsInput): object {
  return {
    services,
    storageModule,
    userDir: path.join(dataDir, 'node-red'),
    nodesDir: [appDir],
    httpAdminRoot: editor ? '/editor' : false,
    httpNodeRoot: '/',
    disableEditor: !editor,
    httpAdminMiddleware: adminMiddleware,
    credentialSecret,
    adminAuth: {
      type: 'credentials',
      users: [{ username: admin.user, permissions: '*' }],
      // Node-RED's own comparison throws at a password that is no text, and with it ends the process.
      authenticate: async (username: unknown, password: unknown) =>
        username === admin.user && typeof password === 'string' && (await compare(password, admin.passwordHash)) ? { username: admin.user, permissions: '*' } : null,
    },
    apiMaxLength: '5mb',
    editorTheme: {
      page: { title: 'OMS flows' },
      header: { title: 'OMS' },
      tours: false,
      projects: { enabled: false },
      codeEditor: { lib: 'monaco' },
    },
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false }, modules: { allowInstall: false } },
    functionExternalModules: false,
    exportGlobalContextKeys: false,
    debugMaxLength: 1000,
    mysqlConnectionLimit: 2,
    runtimeState: { enabled: false },
    diagnostics: { enabled: true, ui: true },
    logging: { console: { level: 'off' } },
  };
}

if (process.env['OMS_SERVER'] !== '1')
  throw new Error('The OMS is started by `npm start`: its HTTP edge stands in front of Node-RED, and `node-red -s settings` would run without it.');
