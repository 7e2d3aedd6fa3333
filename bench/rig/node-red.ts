import http from 'node:http';
import path from 'node:path';
import express from 'express';
import type * as Settings from '../../settings';
import type { Services } from '../../nodes/runtime/services';

/** The root of the project, seen from dist/bench/rig. */
export const ROOT = path.join(__dirname, '../../..');

interface Embedded {
  init(server: http.Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  events: { once(event: string, listener: () => void): void };
  nodes: {
    registerType(set: string, type: string, make: (this: SinkNode, config: object) => void): void;
    createNode(node: object, config: object): void;
    getNode(id: string): { receive(message: object): void } | null;
  };
  httpNode: express.RequestHandler;
}

interface SinkNode {
  on(event: 'input', listener: (message: object, send: unknown, done: () => void) => void): void;
}

export interface Runtime {
  url: string;
  /** Hands a message to a node, as a wire would. */
  receive(node: string, message: object): void;
  stop(): Promise<void>;
}

/**
 * The real Node-RED with the project's nodes, inside this process, without the edge.
 * @param onSink called with each message that reaches a node of type `bench-sink`
 */
export async function embed({ flows, services, dir, onSink = () => undefined }: { flows: object[]; services: Services; dir: string; onSink?: (message: object) => void }): Promise<Runtime> {
  process.env['OMS_SERVER'] = '1';
  const { createSettings } = require('../../settings') as typeof Settings;
  const red = require('node-red') as Embedded;
  const nothing = async (): Promise<object> => ({});
  const storageModule = {
    init: nothing, getFlows: async () => flows, saveFlows: nothing, getCredentials: nothing, saveCredentials: nothing, getSettings: nothing, saveSettings: nothing,
    getSessions: nothing, saveSessions: nothing, getLibraryEntry: async () => [], saveLibraryEntry: nothing,
  };
  const app = express();
  const server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  red.init(server, createSettings({ services, storageModule, dataDir: dir, appDir: ROOT, editor: false, admin: { user: 'bench', passwordHash: '' }, credentialSecret: 'bench', adminMiddleware: (_request, _response, next) => next() }));
  const started = new Promise<void>((resolve) => red.events.once('flows:started', resolve));
  red.nodes.registerType('bench', 'bench-sink', function construct(this: SinkNode, config: object) {
    red.nodes.createNode(this, config);
    this.on('input', (message, _send, done) => {
      onSink(message);
      done();
    });
  });
  await red.start();
  await started;
  app.use(red.httpNode);
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    receive(node, message) {
      const found = red.nodes.getNode(node);
      if (!found) throw new Error(`no node ${node}`);
      found.receive(message);
    },
    async stop() {
      await red.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}
