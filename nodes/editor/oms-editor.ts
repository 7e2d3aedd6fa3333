import { defineEditorPlugin } from '../runtime/admin';
import { choicesOf } from './dialogs-choices';
import { tryConnection } from './dialogs-connections';

/** What the dialogs of the nodes ask the server for; their shared code lies in the pages beside this file. */
export default defineEditorPlugin('oms-editor', (services) => [
  { method: 'get', path: '/oms/choices', permission: 'flows.read', answer: () => choicesOf(services) },
  // It speaks to a partner in our name, and is for those who may change the connection.
  { method: 'post', path: '/oms/connections/:type/test', permission: 'flows.write', answer: ({ params, body }) => tryConnection(params['type'] ?? '', body, services) },
]);
